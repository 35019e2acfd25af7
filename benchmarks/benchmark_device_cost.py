r"""Estimates what Copy-Paste adds to a training step on an accelerator.

Nothing is run. The augmentation of a recipe is compiled with Copy-Paste and
without, and the operations and bytes of its optimized HLO are counted; those of
the model are its multiply-adds. Both become seconds at the peak of a chip: by
default a core of a TPU v3. There a step takes longer than that, and so does the
augmentation, which the chip's compiler fuses in its own way.

  python -m benchmarks.benchmark_device_cost \
    --gin_file=configs/coco_r50_lsj_copypaste.gin
"""

from copypaste_tf import environment  # isort: split

import collections
import math
import re
from typing import NamedTuple

import tensorflow as tf
from absl import app, flags

from copypaste_tf import augment, config_flags
from copypaste_tf.augment.pixels import bfloat16
from copypaste_tf.examples import Scenes
from copypaste_tf.inputs import data_config, pipeline
from copypaste_tf.modeling import build, counting

del environment  # Imported for what it sets.

WIDTHS = {'pred': 1, 's8': 1, 'u8': 1, 's16': 2, 'u16': 2, 'f16': 2, 'bf16': 2}
WIDTHS |= {'s32': 4, 'u32': 4, 'f32': 4, 's64': 8, 'u64': 8, 'f64': 8}
# What neither computes nor moves anything.
FREE = {'parameter', 'constant', 'tuple', 'get-tuple-element', 'bitcast'}
# What reads or writes a part of its first operand.
SLICES = {'dynamic-slice', 'dynamic-update-slice', 'gather'}
TRAINING = 3  # A forward and a backward pass, in forward passes.

_ARRAY = re.compile(r'(\w+)\[([\d,]*)\]')
_INSTRUCTION = re.compile(
  r'\s*(?:ROOT )?%?(?P<name>[\w.-]+) = (?P<type>\(.*?\)|\S+) '
  r'(?P<opcode>[a-z][\w-]*)\((?P<rest>.*)'
)
_CALLED = re.compile(
  r'(?:calls|to_apply|body|(?:true|false)_computation)=%?([\w.-]+)'
)
_BRANCHES = re.compile(r'branch_computations=\{(.*?)\}')


class Cost(NamedTuple):
  """Elementwise operations, and bytes read and written."""

  operations: float
  bytes: float

  def plus(self, other: 'Cost', times: float = 1) -> 'Cost':
    """Adds another cost a number of times."""
    return Cost(*(a + times * b for a, b in zip(self, other, strict=True)))


class Content(NamedTuple):
  """What every image is taken to hold.

  Attributes:
    planes: id planes that are stored.
    used: those of them that hold an object.
    instances: objects, for each of which every block of rows is searched.
  """

  planes: int
  used: int
  instances: int


class Instruction(NamedTuple):
  """One line of an HLO computation."""

  type: str
  opcode: str
  operands: list[str]
  called: list[str]
  line: str


def define(flag_values: flags.FlagValues = flags.FLAGS) -> None:
  """Defines the flags of the estimate."""
  own = {'flag_values': flag_values}
  flags.DEFINE_integer('images', 4, 'Images of a core in a step.', 2, **own)
  flags.DEFINE_integer(
    'used', 2, 'Id planes with objects of an image.', 1, **own
  )
  flags.DEFINE_integer('instances', 8, 'Objects of an image.', 1, **own)
  flags.DEFINE_float('tflops', 61, 'Of matrix products, 1e12/s.', 0, **own)
  flags.DEFINE_float('vector', 1.9, 'Of other operations, 1e12/s.', 0, **own)
  flags.DEFINE_float('bandwidth', 450, 'Of the memory, 1e9 bytes/s.', 0, **own)


def hlo(
  data: data_config.TrainData, output_size: tuple[int, int], images: int
) -> str:
  """Returns the optimized HLO of the augmentation of a batch.

  Args:
    data: the config of the training inputs.
    output_size: height and width of the canvas in pixels.
    images: of the batch.
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


def count(text: str, *, images: int, content: Content) -> Cost:
  """Counts the cost of an HLO module.

  A loop over blocks of rows goes over all of them, of planes over those of the
  used ones; one over instances goes over all in each block; any other over the
  images. Of an array that is read or written by slices only these count.

  Args:
    text: an optimized HLO module.
    images: of the batch.
    content: of each of them.
  """
  computations, entry = _parse(text)
  types = {
    name: instruction.type
    for computation in computations.values()
    for name, instruction in computation.items()
  }

  def operations(name):
    return sum(
      _elements(instruction, types)
      for instruction in computations[name].values()
      if instruction.opcode not in FREE | {'broadcast', 'iota', 'copy'}
    )

  def moved(found):
    fused = found.opcode == 'fusion'
    inner = computations[found.called[0]] if fused else {'': found}
    total = _written(inner, types)
    for number, operand in enumerate(found.operands):
      name = _parameter(inner, number) if fused else operand
      total += _read(inner, name, types)
    return total

  def cost(name):
    total = Cost(0, 0)
    for found in computations[name].values():
      if found.opcode == 'while':
        rounds = _rounds(found, images, content)
        total = total.plus(cost(found.called[0]), rounds)
      elif found.opcode in ('call', 'conditional'):
        for called in found.called:
          total = total.plus(cost(called))
      elif found.opcode not in FREE:
        elements = _elements(found, types)
        if found.opcode == 'fusion':
          elements = operations(found.called[0])
        elif found.opcode.startswith('reduce'):
          elements = sum(_sizes(types[x])[0] for x in found.operands)
        total = total.plus(Cost(elements, moved(found)))
    return total

  return cost(entry)


def _shapes(kind) -> list[tuple[str, list[int]]]:
  """Returns the dtype and the shape of each array of a type."""
  return [
    (dtype, [int(x) for x in text.split(',') if x])
    for dtype, text in _ARRAY.findall(kind)
  ]


def _sizes(kind) -> tuple[int, int]:
  """Returns the elements and the bytes of a type."""
  counts = [(math.prod(shape), dtype) for dtype, shape in _shapes(kind)]
  total = sum(count * WIDTHS.get(dtype, 0) for count, dtype in counts)
  return sum(count for count, _ in counts), total


def _elements(found, types) -> int:
  """Returns the elements that are computed; of an update in place its own."""
  updated = found.opcode == 'dynamic-update-slice'
  return _sizes(types[found.operands[1]] if updated else found.type)[0]


def _rounds(loop, images, content) -> int:
  """Returns how often a loop runs at most; see `count`."""
  shapes = _shapes(loop.type)
  blocks = [x[0] for _, x in shapes if len(x) == len('bhwc')]
  planes = [x[0] for t, x in shapes if t == 'u8' and len(x) == len('bhw')]
  if 'op_name="instances' in loop.line:
    return max(planes) // content.planes * content.instances
  if 'op_name="blocks' in loop.line:
    return max(blocks or [max(planes) * content.used // content.planes])
  return images


def _parameter(computation, number) -> str:
  """Returns the name of a parameter of a fused computation."""
  return next(
    name
    for name, found in computation.items()
    if found.opcode == 'parameter' and f'parameter({number})' in found.line
  )


def _written(computation, types) -> int:
  """Returns the bytes that a computation writes, of updates in place theirs."""
  *_, last = computation.values()
  if last.opcode == 'dynamic-update-slice':
    return _sizes(types[last.operands[1]])[1]
  return _sizes(last.type)[1]


def _read(computation, name, types) -> int:
  """Returns the bytes of an array that a computation reads."""
  total = 0
  for user in computation.values():
    if name not in user.operands:
      continue
    if user.opcode in SLICES and name == user.operands[0]:
      updated = user.opcode == 'dynamic-update-slice'
      total += 0 if updated else _sizes(user.type)[1]
    else:
      return _sizes(types[name])[1]
  return total


def _parse(text) -> tuple[dict[str, dict[str, Instruction]], str]:
  """Returns the computations of a module and the name of its entry."""
  computations, entry, name = collections.defaultdict(dict), '', ''
  for line in text.splitlines():
    if line.endswith('{') and ' -> ' in line:
      name = line.removeprefix('ENTRY ').split()[0].lstrip('%')
      entry = name if line.startswith('ENTRY') else entry
      continue
    match = _INSTRUCTION.match(line)
    if match and name:
      rest = match['rest']
      branches = ','.join(_BRANCHES.findall(rest))
      computations[name][match['name']] = Instruction(
        match['type'],
        match['opcode'],
        re.findall(r'%([\w.-]+)', rest.split(')')[0]),
        sorted(_CALLED.findall(rest), key=rest.find)
        + re.findall(r'[\w.-]+', branches),
        line,
      )
  return computations, entry


def multiply_adds(task) -> int:
  """Returns those of a training step of a task, of one image."""
  sampler = task.model.roi_sampler
  counts = counting.count(
    build.mask_rcnn(task.model),
    task.model.input_size[:2],
    num_proposals=sampler.num_sampled_rois,
    num_detections=int(sampler.num_sampled_rois * sampler.foreground_fraction),
  )
  return TRAINING * sum(part.multiply_adds for part in counts.values())


def estimate(task, options: flags.FlagValues) -> dict[str, float]:
  """Returns milliseconds per image of `model`, `on` and `off`."""
  data = task.train_data
  paste = data.copy_paste or data_config.CopyPaste()
  step = 2 * multiply_adds(task) / options.tflops / 1e9
  content = Content(data.num_planes, options.used, options.instances)
  print(f'{"":8}{"M operations":>14}{"MB":>10}{"ms":>8}  an image')
  print(f'{"model":8}{"":>24}{step:8.2f}')
  found = {'model': step}
  for name, stage in (('off', None), ('on', paste)):
    text = hlo(
      data.replace(copy_paste=stage),
      tuple(task.model.input_size[:2]),
      options.images,
    )
    total = count(text, images=options.images, content=content)
    each = Cost(*(x / options.images for x in total))
    # The longer of the two, as both go on at once.
    found[name] = max(
      each.operations / options.vector / 1e9,
      each.bytes / options.bandwidth / 1e6,
    )
    print(
      f'{name:8}{each.operations / 1e6:14.0f}{each.bytes / 1e6:10.0f}'
      f'{found[name]:8.2f}'
    )
  return found


def main(argv: list[str]) -> None:
  """Prints the table and the ratio."""
  if argv[1:]:
    raise app.UsageError(f'expected flags only, got {argv[1:]}')
  found = estimate(config_flags.load().params.task, flags.FLAGS)
  added = found['on'] - found['off']
  share = added / (found['model'] + found['off'])
  print(f'Copy-Paste adds {added:.2f} ms, {share:.2%} of a step without')


if __name__ == '__main__':
  config_flags.define()
  define()
  config_flags.run(main, None)
