"""Counts the runs of operations of a compiled function, without running it.

An accelerator starts every operation of the optimized module by itself, which
takes microseconds however little the operation computes. The number of these
runs follows from the module alone. So it does not depend on the load of the
machine, and little on the machine itself.
"""

import collections
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from tensorflow.compiler.xla import xla_data_pb2
from tensorflow.compiler.xla.service import hlo_pb2

from copypaste_tf.costs import trip_counts

OTHER = 'other'
# Opcodes that neither compute nor move data.
FREE = frozenset(
  (
    'parameter',
    'constant',
    'tuple',
    'get-tuple-element',
    'bitcast',
    'after-all',
    'partition-id',
    'replica-id',
    'opt-barrier',
  )
)
# The other types end in their bits or hold them, such as BF16 and F8E4M3.
_BITS = re.compile(r'\d+')
_OTHER_BITS = {'PRED': 8}


class Loop(NamedTuple):
  """A loop of a module.

  Attributes:
    name: name of the TensorFlow operation, or of the instruction.
    rounds: number of rounds; None if it depends on the data.
    runs: runs of operations in one round, with those of inner loops.
  """

  name: str
  rounds: int | None
  runs: int


class Part(NamedTuple):
  """Runs of operations and bytes of a part of a function; see `Counts`."""

  runs: int = 0
  bytes: int = 0

  def plus(self, runs: int, size: int) -> 'Part':
    """Returns the sum of this part and of `runs` runs of `size` bytes."""
    return Part(self.runs + runs, self.bytes + runs * size)


class Counts(NamedTuple):
  """The operations that a call of a function runs.

  Attributes:
    runs: runs of operations. A loop whose number of rounds depends on the data
      counts as one round, so this is a lower bound if there is one.
    bytes: sum of the bytes of all operands and results of these runs. A slice
      counts with the whole array that it is taken from.
    loops: the loops, outer ones before inner ones.
    names: runs by the name of the TensorFlow operation.
    parts: costs by part, see `of_module`; `OTHER` for the rest.
  """

  runs: int
  bytes: int
  loops: tuple[Loop, ...]
  names: Mapping[str, int]
  parts: Mapping[str, Part]

  @property
  def data_loops(self) -> tuple[Loop, ...]:
    """The loops whose number of rounds depends on the data."""
    return tuple(loop for loop in self.loops if loop.rounds is None)


def of_function(
  function: Callable[..., Any],
  *arguments: Any,
  scopes: Mapping[str, str] | None = None,
) -> Counts:
  """Compiles a function for this device and counts.

  Args:
    function: result of `tf.function(..., jit_compile=True)`.
    *arguments: its arguments: tensors, or a `TensorSpec` for each.
    scopes: see `of_module`.
  """
  compiled = function.experimental_get_compiler_ir(*arguments)
  return of_module(compiled(stage='optimized_hlo_serialized'), scopes)


def of_module(
  serialized: bytes, scopes: Mapping[str, str] | None = None
) -> Counts:
  """Counts the runs of an optimized module.

  Args:
    serialized: an `HloModuleProto`.
    scopes: the part of the function to which a name scope belongs. An operation
      belongs to the first of its scopes that is listed. The compiler makes some
      operations without a name; they belong to the part of an operand.
  """
  module = hlo_pb2.HloModuleProto.FromString(serialized)
  return _Module(module, scopes or {}).counts()


class _Total:
  """Sums up while the computations are visited."""

  def __init__(self):
    self.names = collections.Counter()
    self.parts = collections.defaultdict(Part)
    self.loops = []

  @property
  def runs(self) -> int:
    return sum(part.runs for part in self.parts.values())

  def add(self, name: str, part: str, times: int, size: int) -> None:
    """Adds `times` runs of an operation that moves `size` bytes."""
    self.names[name] += times
    self.parts[part] = self.parts[part].plus(times, size)

  def counts(self) -> Counts:
    size = sum(part.bytes for part in self.parts.values())
    names = dict(self.names.most_common())
    return Counts(self.runs, size, tuple(self.loops), names, dict(self.parts))

  def merge(self, other: '_Total') -> None:
    self.names += other.names
    self.loops += other.loops
    for name, part in other.parts.items():
      mine = self.parts[name]
      self.parts[name] = Part(mine.runs + part.runs, mine.bytes + part.bytes)


class _Module:
  """Visits every computation as often as it runs."""

  def __init__(self, module: hlo_pb2.HloModuleProto, scopes):
    self._entry, self._scopes = module.entry_computation_id, scopes
    self._computations = {x.id: x for x in module.computations}

  def counts(self) -> Counts:
    """Returns the counts of the entry computation."""
    total = _Total()
    self._visit(self._entry, 1, total, OTHER)
    return total.counts()

  def _visit(self, number, times, total, outer) -> None:
    """Adds a computation that runs `times` times in the part `outer`."""
    sizes, parts = {}, {}
    for x in self._computations[number].instructions:
      sizes[x.id] = _size(x.shape)
      part = parts[x.id] = self._part(x, parts, outer)
      if x.opcode == 'while':
        rounds = self._rounds(x, number)
        self._loop(x, rounds, times, total, part)
      elif x.opcode == 'conditional':
        self._longest(x, times, total, part)
      elif x.opcode == 'call':
        self._visit(x.called_computation_ids[0], times, total, part)
      elif x.opcode not in FREE:
        size = sizes[x.id] + sum(sizes[y] for y in x.operand_ids)
        total.add(_name(x), part, times, size)

  def _part(self, x, parts, outer) -> str:
    """Returns the part of an instruction; `outer` is that of its caller."""
    for scope in x.metadata.op_name.split('/'):
      if scope in self._scopes:
        return self._scopes[scope]
    if x.metadata.op_name:
      return outer
    of_operands = (parts[y] for y in x.operand_ids)
    return next((part for part in of_operands if part != OTHER), outer)

  def _rounds(self, x, number) -> int | None:
    outer = self._computations[number]
    return trip_counts.rounds(x, outer, self._computations)

  def _loop(self, x, rounds, times, total, part) -> None:
    place, before = len(total.loops), total.runs
    times *= 1 if rounds is None else rounds
    total.loops.append(None)
    for called in x.called_computation_ids:  # The body and the condition.
      self._visit(called, times, total, part)
    runs = (total.runs - before) // max(times, 1)
    total.loops[place] = Loop(_name(x), rounds, runs)

  def _longest(self, x, times, total, part) -> None:
    """Visits the branch that runs the most operations."""
    branches = [_Total() for _ in x.called_computation_ids]
    for called, branch in zip(x.called_computation_ids, branches, strict=True):
      self._visit(called, times, branch, part)
    total.merge(max(branches, key=lambda branch: branch.runs))


def _name(x) -> str:
  return x.metadata.op_name or x.opcode


def _size(shape) -> int:
  """Returns the bytes of an array, or of all arrays of a tuple."""
  return sum(
    math.prod(leaf.dimensions) * _bits(leaf.element_type) // 8
    for leaf in _leaves(shape)
  )


def _bits(element_type) -> int:
  """Returns the bits of a value; 0 for a type without values."""
  name = xla_data_pb2.PrimitiveType.Name(element_type)
  found = _BITS.search(name)
  return int(found[0]) if found else _OTHER_BITS.get(name, 0)


def _leaves(shape) -> Iterator[xla_data_pb2.ShapeProto]:
  if shape.element_type == xla_data_pb2.TUPLE:
    for part in shape.tuple_shapes:
      yield from _leaves(part)
  else:
    yield shape
