"""Counts the runs of operations of a compiled function, without running it.

An accelerator starts every operation of the optimized module by itself, which
takes microseconds however little the operation computes. The number of these
runs follows from the module alone: it does not depend on the machine's load,
and hardly on the machine.
"""

import collections
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from tensorflow.compiler.xla import xla_data_pb2
from tensorflow.compiler.xla.service import hlo_pb2

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


class Counts(NamedTuple):
  """What a call of a function runs.

  Attributes:
    runs: runs of operations. A loop whose number of rounds depends on the data
      counts as one round, so this is a lower bound if there is one.
    bytes: sum of the bytes of all operands and results of these runs. A slice
      counts with the whole array that it is taken from.
    loops: the loops, outer ones before inner ones.
    names: runs by the name of the TensorFlow operation.
  """

  runs: int
  bytes: int
  loops: tuple[Loop, ...]
  names: Mapping[str, int]

  @property
  def data_loops(self) -> tuple[Loop, ...]:
    """The loops whose number of rounds depends on the data."""
    return tuple(loop for loop in self.loops if loop.rounds is None)


def of_function(function: Callable[..., Any], *arguments: Any) -> Counts:
  """Compiles a function for this device and counts.

  Args:
    function: result of `tf.function(..., jit_compile=True)`.
    *arguments: its arguments, or their specs.
  """
  compiled = function.experimental_get_compiler_ir(*arguments)
  return of_module(compiled(stage='optimized_hlo_serialized'))


def of_module(serialized: bytes) -> Counts:
  """Counts the runs of an optimized module.

  Args:
    serialized: an `HloModuleProto`.
  """
  return _Module(hlo_pb2.HloModuleProto.FromString(serialized)).counts()


class _Total:
  """Sums up runs and bytes while the computations are visited."""

  def __init__(self):
    self.names = collections.Counter()
    self.bytes = 0
    self.loops = []


class _Module:
  """Visits every computation as often as it runs."""

  def __init__(self, module: hlo_pb2.HloModuleProto):
    self._entry = module.entry_computation_id
    self._computations = {x.id: x for x in module.computations}
    self._shapes = {
      (computation.id, x.id): x.shape
      for computation in module.computations
      for x in computation.instructions
    }

  def counts(self) -> Counts:
    """Returns the counts of the entry computation."""
    total = _Total()
    self._visit(self._entry, 1, total)
    names = dict(total.names.most_common())
    return Counts(sum(names.values()), total.bytes, tuple(total.loops), names)

  def _visit(self, number, times, total) -> None:
    for x in self._computations[number].instructions:
      if x.opcode == 'while':
        self._loop(x, times, total)
      elif x.opcode == 'conditional':
        self._longest(x, times, total)
      elif x.opcode == 'call':
        self._visit(x.called_computation_ids[0], times, total)
      elif x.opcode not in FREE:
        total.names[_name(x)] += times
        total.bytes += times * self._moved(number, x)

  def _loop(self, x, times, total) -> None:
    rounds = _rounds(x)
    before, place = sum(total.names.values()), len(total.loops)
    total.loops.append(None)
    for called in x.called_computation_ids:  # The body and the condition.
      self._visit(called, times * (1 if rounds is None else rounds), total)
    runs = sum(total.names.values()) - before
    runs //= max(times * (1 if rounds is None else rounds), 1)
    total.loops[place] = Loop(_name(x), rounds, runs)

  def _longest(self, x, times, total) -> None:
    """Visits the branch that runs the most operations."""
    branches = []
    for called in x.called_computation_ids:
      branch = _Total()
      self._visit(called, times, branch)
      branches.append(branch)
    longest = max(branches, key=lambda b: sum(b.names.values()))
    total.names += longest.names
    total.bytes += longest.bytes
    total.loops += longest.loops

  def _moved(self, number, x) -> int:
    operands = (self._shapes[number, y] for y in x.operand_ids)
    return sum(map(_size, (x.shape, *operands)))


def _name(x) -> str:
  return x.metadata.op_name or x.opcode


def _rounds(x) -> int | None:
  """Returns the number of rounds that the compiler found, or None."""
  if not x.backend_config:
    return None
  count = json.loads(x.backend_config).get('known_trip_count')
  return count and int(count['n'])


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
