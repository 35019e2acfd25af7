"""The costs of a config's input pipeline, with Copy-Paste and without.

What is measured are the stages of `pipeline.train_stages`, whatever they are.
`measure_costs` and `measure_run` are each meant for a process of its own.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from copypaste_tf.costs import measure
from copypaste_tf.examples import Features
from copypaste_tf.inputs import pipeline
from copypaste_tf.inputs.data_config import CopyPaste, TrainData
from copypaste_tf.training.run import memory

UNIT, PLAIN = 'decode_jpeg', 'op by op'
STAGE = 'stage/'
PLACES = ('host', 'device')


class Costs(NamedTuple):
  """What the parts of a pipeline cost in one process.

  Attributes:
    samples: of each round by name: `UNIT` is a bare decode of the images,
      `STAGE + name` the pipeline up to and with a stage, in their order. `on
      host` is the whole pipeline with Copy-Paste, `on device` what of it is
      the host's where the device augments, `off ...` the same without
      Copy-Paste, and `PLAIN` is `on host`, but not compiled.
    peak_mib: memory of all of them together.
  """

  samples: dict[str, list[measure.Sample]]
  peak_mib: float


class Run(NamedTuple):
  """What a long run of the config's own pipeline was like.

  Attributes:
    points: moments of it.
    base_mib: memory before it began.
    peak_mib: the most that there was.
  """

  points: list[measure.Point]
  base_mib: float
  peak_mib: float


def with_and_without(data: TrainData) -> tuple[TrainData, TrainData]:
  """Returns the config with Copy-Paste (its own, if it has one) and without."""
  here = data.replace(data_service='')
  on = here if here.copy_paste else here.replace(copy_paste=CopyPaste())
  return on, here.replace(copy_paste=None)


def tasks(
  data: TrainData, output_size: tuple[int, int]
) -> dict[str, measure.Task]:
  """Returns what is timed, by name; see `Costs.samples`.

  Args:
    data: the config of the training inputs.
    output_size: height and width of the canvas in pixels.
  """
  size = data.global_batch_size
  on, off = with_and_without(data)
  stages = _stages(on, output_size, 'host')
  datasets = {STAGE + name: dataset for name, dataset in stages.items()}
  for place in PLACES:
    datasets[f'off {place}'] = _last(_stages(off, output_size, place))
  datasets[PLAIN] = _last(_stages(on, output_size, 'host', jit_compile=False))
  return {UNIT: _decoding(stages['read'])} | {
    name: measure.taking(in_batches(dataset, size), size)
    for name, dataset in datasets.items()
  }


def measure_costs(
  config: Mapping[str, Any],
  output_size: tuple[int, int],
  *,
  images: int,
  rounds: int,
) -> Costs:
  """Times the parts of a pipeline in turn.

  Args:
    config: a `TrainData` as a dict, which goes from process to process.
    output_size: height and width of the canvas in pixels.
    images: of each part in each round; whole batches are taken.
    rounds: how many.

  Raises:
    ValueError: a record does not decode.
  """
  data = TrainData(config)
  images = math.ceil(images / data.global_batch_size) * data.global_batch_size
  with pipeline.input_errors(data):
    samples = measure.interleaved(
      tasks(data, output_size), images=images, rounds=rounds, progress=_print
    )
    # The pipelines with Copy-Paste are stages that have been measured.
    for place in PLACES:
      *_, name = _stages(data, output_size, place)
      samples[f'on {place}'] = samples[STAGE + name]
  return Costs(samples, memory.peak_mib())


def measure_run(
  config: Mapping[str, Any], output_size: tuple[int, int], *, batches: int
) -> Run:
  """Runs the pipeline of a config as it is, and looks at its memory.

  Args:
    config: a `TrainData` as a dict.
    output_size: height and width of the canvas in pixels.
    batches: to take.

  Raises:
    ValueError: a record does not decode.
  """
  data = TrainData(config).replace(data_service='')
  base, points = memory.rss_mib(), []
  with pipeline.input_errors(data):
    dataset = pipeline.train_dataset(data, output_size)
    for point in measure.long_run(
      dataset, data.global_batch_size, batches=batches
    ):
      points.append(point)
      _print(
        f'batch {point.batches} of {batches}: '
        f'{point.images_per_second:.1f} images/s, {point.rss_mib:.0f} MiB'
      )
  return Run(points, base, memory.peak_mib())


def bytes_per_image(
  data: TrainData, output_size: tuple[int, int]
) -> dict[str, int]:
  """Returns the bytes that go to the accelerator, per image, by place.

  Args:
    data: the config of the training inputs.
    output_size: height and width of the canvas in pixels.
  """
  found = {}
  for place in PLACES:
    dataset = _last(_stages(data, output_size, place))
    specs = _specs(dataset)
    total = sum(spec.shape.num_elements() * spec.dtype.size for spec in specs)
    found[place] = total // data.global_batch_size
  return found


def in_batches(dataset: tf.data.Dataset, size: int) -> tf.data.Dataset:
  """Returns a dataset with `size` images in an element.

  Args:
    dataset: of single records, images, or of batches, which stay.
    size: of a batch.

  Returns:
    Single ones are only counted: one by one up to Python, they would cost more
    than to read them.
  """
  if any(spec.shape.rank == 4 for spec in _specs(dataset)):
    return dataset
  return dataset.map(lambda *_: 1).batch(size, drop_remainder=True)


def _specs(dataset) -> list[tf.TensorSpec]:
  """Returns the tensors of an element; a source that is absent is none."""
  specs = tf.nest.flatten(dataset.element_spec)
  return [spec for spec in specs if isinstance(spec, tf.TensorSpec)]


def _stages(data, output_size, place, **options):
  return pipeline.train_stages(
    data.replace(augment_on=place), output_size, **options
  )


def _last(stages: Mapping[str, tf.data.Dataset]) -> tf.data.Dataset:
  *_, dataset = stages.values()
  return dataset


def _decoding(records: tf.data.Dataset) -> measure.Task:
  """Returns the task of decoding the images of records and nothing else."""
  iterator = iter(records)

  def task(images):
    encoded = [_encoded(next(iterator)) for _ in range(images)]
    return lambda: [tf.io.decode_jpeg(image, channels=3) for image in encoded]

  return task


def _encoded(element) -> tf.Tensor:
  """Returns the JPEG of a record, or of the first of a pair."""
  record = tf.nest.flatten(element)[0]
  key = Features.IMAGE
  return tf.io.parse_single_example(
    record, {key: tf.io.FixedLenFeature([], tf.string)}
  )[key]


def _print(line: str) -> None:
  print(line, flush=True)
