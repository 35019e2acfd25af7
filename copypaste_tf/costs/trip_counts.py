"""Finds how often the loops of an XLA module run."""

import json
from collections.abc import Mapping

from tensorflow.compiler.xla.service import hlo_pb2

_Computation = hlo_pb2.HloComputationProto
_Instruction = hlo_pb2.HloInstructionProto


def rounds(
  loop: _Instruction,
  outer: _Computation,
  computations: Mapping[int, _Computation],
) -> int | None:
  """Returns the number of rounds of a loop; None if it depends on the data.

  Some compilers write the number down. Else it is found for loops that count a
  number up by a constant from one constant to another.

  Args:
    loop: a `while` instruction.
    outer: the computation that has it.
    computations: all computations of the module by id.
  """
  if loop.backend_config:
    known = json.loads(loop.backend_config).get('known_trip_count')
    if known:
      return int(known['n'])
  body, condition = (computations[n] for n in loop.called_computation_ids)
  test = _Reader(condition).root
  if (test.opcode, test.comparison_direction) != ('compare', 'LT'):
    return None
  counter, end = _Reader(condition).operands(test)
  start = _Reader(outer).element(loop.operand_ids[0], counter.tuple_index)
  numbers = [_number(start), _number(end), _step(body, counter.tuple_index)]
  if counter.opcode != 'get-tuple-element' or None in numbers:
    return None
  first, last, step = numbers
  return max(-((first - last) // step), 0)


class _Reader:
  """Follows the operands of the instructions of a computation."""

  def __init__(self, computation: _Computation):
    self._by_id = {x.id: x for x in computation.instructions}
    self.root = self._by_id[computation.root_id]

  def operands(self, instruction) -> list[_Instruction]:
    """Returns the operands; a copy is replaced by what it copies."""
    return [self._original(n) for n in instruction.operand_ids]

  def element(self, number, index) -> _Instruction | None:
    """Returns an element of the tuple with this id; None if it is unknown."""
    whole = self._original(number)
    if whole.opcode != 'tuple':
      return None
    return self._original(whole.operand_ids[index])

  def _original(self, number) -> _Instruction:
    found = self._by_id[number]
    while found.opcode == 'copy':
      found = self._by_id[found.operand_ids[0]]
    return found


def _step(body, index) -> int | None:
  """Returns the positive constant that a round adds to a counter, or None."""
  reader = _Reader(body)
  after = reader.element(body.root_id, index)
  if after is None or after.opcode != 'add':
    return None
  before, step = reader.operands(after)
  same = (before.opcode, before.tuple_index) == ('get-tuple-element', index)
  return (_number(step) or None) if same else None


def _number(instruction) -> int | None:
  """Returns the value of an integer constant, None for anything else."""
  if instruction is None or instruction.opcode != 'constant':
    return None
  values = [*instruction.literal.s32s, *instruction.literal.s64s]
  return values[0] if len(values) == 1 else None
