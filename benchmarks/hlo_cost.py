"""Counts operations and memory traffic of an optimized HLO module."""

import collections
import math
import re
from typing import NamedTuple

WIDTHS = {'pred': 1, 's8': 1, 'u8': 1, 's16': 2, 'u16': 2, 'f16': 2, 'bf16': 2}
WIDTHS |= {'s32': 4, 'u32': 4, 'f32': 4, 's64': 8, 'u64': 8, 'f64': 8}
# Opcodes that neither compute nor move data.
FREE = {'parameter', 'constant', 'tuple', 'get-tuple-element', 'bitcast'}
# Opcodes that read or write a part of their first operand.
SLICES = {'dynamic-slice', 'dynamic-update-slice', 'gather'}

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
  """Elementwise operations, and bytes that are read and written."""

  operations: float
  bytes: float

  def plus(self, other: 'Cost', times: float = 1) -> 'Cost':
    """Returns the sum of this cost and `times` another."""
    return Cost(*(a + times * b for a, b in zip(self, other, strict=True)))


class Content(NamedTuple):
  """The assumed contents of each image.

  Attributes:
    planes: number of id planes.
    used: number of id planes with an object.
    instances: number of instances; each searches every block of rows.
  """

  planes: int
  used: int
  instances: int


class Instruction(NamedTuple):
  """One instruction of an HLO computation."""

  type: str
  opcode: str
  operands: list[str]
  called: list[str]
  line: str


def count(text: str, *, images: int, content: Content) -> Cost:
  """Counts the cost of an HLO module.

  The estimate assumes these numbers of iterations: all blocks for a loop over
  blocks of rows, the blocks of the used planes for a loop over blocks of id
  planes, all instances of each block for a loop over instances, and all images
  for any other loop. If an array is read or written in slices, only the slices
  count.

  Args:
    text: an optimized HLO module.
    images: number of images of the batch.
    content: contents of each image.
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

  def moved(instruction):
    fused = instruction.opcode == 'fusion'
    inner = computations[instruction.called[0]] if fused else {'': instruction}
    total = _written(inner, types)
    for number, operand in enumerate(instruction.operands):
      name = _parameter(inner, number) if fused else operand
      total += _read(inner, name, types)
    return total

  def cost(name):
    total = Cost(0, 0)
    for instruction in computations[name].values():
      if instruction.opcode == 'while':
        rounds = _rounds(instruction, images, content)
        total = total.plus(cost(instruction.called[0]), rounds)
      elif instruction.opcode in ('call', 'conditional'):
        for called in instruction.called:
          total = total.plus(cost(called))
      elif instruction.opcode not in FREE:
        elements = _elements(instruction, types)
        if instruction.opcode == 'fusion':
          elements = operations(instruction.called[0])
        elif instruction.opcode.startswith('reduce'):
          elements = sum(_sizes(types[x])[0] for x in instruction.operands)
        total = total.plus(Cost(elements, moved(instruction)))
    return total

  return cost(entry)


def _shapes(kind) -> list[tuple[str, list[int]]]:
  """Returns dtype and shape of each array of an HLO type."""
  return [
    (dtype, [int(x) for x in text.split(',') if x])
    for dtype, text in _ARRAY.findall(kind)
  ]


def _sizes(kind) -> tuple[int, int]:
  """Returns the number of elements and of bytes of an HLO type."""
  counts = [(math.prod(shape), dtype) for dtype, shape in _shapes(kind)]
  total = sum(count * WIDTHS.get(dtype, 0) for count, dtype in counts)
  return sum(count for count, _ in counts), total


def _elements(instruction, types) -> int:
  """Returns the number of computed elements; an update computes its slice."""
  updated = instruction.opcode == 'dynamic-update-slice'
  return _sizes(
    types[instruction.operands[1]] if updated else instruction.type
  )[0]


def _rounds(loop, images, content) -> int:
  """Returns the largest number of iterations of a loop; see `count`."""
  shapes = _shapes(loop.type)
  blocks = [x[0] for _, x in shapes if len(x) == len('bhwc')]
  planes = [x[0] for t, x in shapes if t == 'u8' and len(x) == len('bhw')]
  if 'op_name="instances' in loop.line:
    return max(planes) // content.planes * content.instances
  if 'op_name="blocks' in loop.line:
    return max(blocks or [max(planes) * content.used // content.planes])
  return images


def _parameter(computation, number) -> str:
  """Returns the name of the numbered parameter of a fused computation."""
  return next(
    name
    for name, instruction in computation.items()
    if instruction.opcode == 'parameter'
    and f'parameter({number})' in instruction.line
  )


def _written(computation, types) -> int:
  """Returns the bytes that a computation writes; an update writes its slice."""
  *_, last = computation.values()
  if last.opcode == 'dynamic-update-slice':
    return _sizes(types[last.operands[1]])[1]
  return _sizes(last.type)[1]


def _read(computation, name, types) -> int:
  """Returns the bytes of the named array that a computation reads."""
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
