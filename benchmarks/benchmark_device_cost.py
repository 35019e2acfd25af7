r"""Estimates what Copy-Paste adds to a training step on an accelerator.

Compiles the augmentation of a recipe with and without Copy-Paste, and runs
nothing. Counts the operations and bytes of its optimized HLO, and the
multiply-adds of the model. Divides both by the peak rates of a chip, by default
a core of a TPU v3. A real step takes longer, and the compiler of the chip fuses
the augmentation differently.

  python -m benchmarks.benchmark_device_cost \
    --gin_file=configs/coco_r50_lsj_copypaste.gin
"""

from copypaste_tf import environment  # isort: split

import tensorflow as tf
from absl import flags

from benchmarks import hlo_cost
from copypaste_tf import augment, command_line, config_flags
from copypaste_tf.augment.pixels import bfloat16
from copypaste_tf.examples import Scenes
from copypaste_tf.inputs import data_config, pipeline
from copypaste_tf.modeling import build, counting

del environment  # Imported for its side effects.

TRAINING = 3  # Cost of a training step in forward passes.


def define(flag_values: flags.FlagValues = flags.FLAGS) -> None:
  """Defines the flags of the estimate.

  Args:
    flag_values: flags to add them to.
  """
  own = {'flag_values': flag_values}
  flags.DEFINE_integer('images', 4, 'Images per core and step.', 2, **own)
  flags.DEFINE_integer(
    'used', 2, 'Id planes with objects in an image.', 1, **own
  )
  flags.DEFINE_integer('instances', 8, 'Objects of an image.', 1, **own)
  flags.DEFINE_float('tflops', 61, 'Peak of matrix products, 1e12/s.', 0, **own)
  flags.DEFINE_float(
    'vector', 1.9, 'Peak of other operations, 1e12/s.', 0, **own
  )
  flags.DEFINE_float(
    'bandwidth', 450, 'Memory bandwidth, 1e9 bytes/s.', 0, **own
  )


def hlo(
  data: data_config.TrainData, output_size: tuple[int, int], images: int
) -> str:
  """Returns the optimized HLO of the augmentation of a batch.

  Args:
    data: the config of the training inputs.
    output_size: height and width of the canvas in pixels.
    images: number of images of the batch.
  """
  knobs = pipeline.augment_knobs(data)
  knobs['dtype'] = bfloat16.stored(knobs['dtype'])

  @tf.function(jit_compile=True)
  def run(scenes, seed):
    return augment.augment(scenes, seed, output_size=output_size, **knobs)

  n = data.max_source_instances
  shapes = {
    'image': (tf.uint8, *data.source_size, 3),
    'planes': (tf.uint8, data.num_planes, *data.source_size),
    'size': (tf.int32, 2),
    'boxes': (tf.float32, n, 4),
    **dict.fromkeys(('classes', 'ids'), (tf.int32, n)),
    'crowd': (tf.bool, n),
    'source_id': (tf.int64,),
    'shrunk': (tf.bool,),
  }
  scenes = Scenes(
    **{k: tf.zeros([images, *s], t) for k, (t, *s) in shapes.items()}
  )
  seed = tf.zeros([2], tf.int32)
  return run.experimental_get_compiler_ir(scenes, seed)(stage='optimized_hlo')


def multiply_adds(task) -> int:
  """Returns the multiply-adds of a training step, per image."""
  sampler = task.model.roi_sampler
  counts = counting.count(
    build.mask_rcnn(task.model),
    task.model.input_size[:2],
    num_proposals=sampler.num_sampled_rois,
    num_detections=int(sampler.num_sampled_rois * sampler.foreground_fraction),
  )
  return TRAINING * sum(part.multiply_adds for part in counts.values())


def estimate(task, options: flags.FlagValues) -> dict[str, float]:
  """Estimates times per image and prints them as a table.

  Args:
    task: config of the task.
    options: values of the flags of `define`.

  Returns:
    Milliseconds of the model (`model`), and of the augmentation with (`on`) and
    without (`off`) Copy-Paste.
  """
  data = task.train_data
  paste = data.copy_paste or data_config.CopyPaste()
  step = 2 * multiply_adds(task) / options.tflops / 1e9
  content = hlo_cost.Content(data.num_planes, options.used, options.instances)
  print(f'{"":8}{"M operations":>14}{"MB":>10}{"ms":>8}  an image')
  print(f'{"model":8}{"":>24}{step:8.2f}')
  milliseconds = {'model': step}
  for name, stage in (('off', None), ('on', paste)):
    text = hlo(
      data.replace(copy_paste=stage),
      tuple(task.model.input_size[:2]),
      options.images,
    )
    total = hlo_cost.count(text, images=options.images, content=content)
    per_image = hlo_cost.Cost(*(x / options.images for x in total))
    # Computation and memory traffic overlap.
    milliseconds[name] = max(
      per_image.operations / options.vector / 1e9,
      per_image.bytes / options.bandwidth / 1e6,
    )
    print(
      f'{name:8}{per_image.operations / 1e6:14.0f}{per_image.bytes / 1e6:10.0f}'
      f'{milliseconds[name]:8.2f}'
    )
  return milliseconds


def main() -> None:
  """Prints the table and the share of Copy-Paste."""
  times = estimate(config_flags.load().params.task, flags.FLAGS)
  added = times['on'] - times['off']
  share = added / (times['model'] + times['off'])
  print(f'Copy-Paste adds {added:.2f} ms, {share:.2%} of a step without')


if __name__ == '__main__':
  config_flags.define()
  command_line.run(main, define, __doc__)
