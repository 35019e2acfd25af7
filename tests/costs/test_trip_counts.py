import pytest
from tensorflow.compiler.xla.service import hlo_pb2

from copypaste_tf.costs import trip_counts


def instruction(number, opcode, *operands, value=None, **fields):
  made = hlo_pb2.HloInstructionProto(
    id=number, opcode=opcode, operand_ids=operands, **fields
  )
  if value is not None:
    made.literal.s32s.append(value)
  return made


def computation(number, *instructions):
  return hlo_pb2.HloComputationProto(
    id=number, instructions=instructions, root_id=instructions[-1].id
  )


def rounds(start=0, end=50, step=1, direction='LT', changed='add', config=b''):
  """Counts the rounds of a loop whose counter is element 1 of its tuple."""
  condition = computation(
    2,
    instruction(1, 'parameter'),
    instruction(2, 'get-tuple-element', 1, tuple_index=1),
    instruction(3, 'constant', value=end)
    if end is not None
    else instruction(3, 'get-tuple-element', 1, tuple_index=0),
    instruction(4, 'compare', 2, 3, comparison_direction=direction),
  )
  body = computation(
    3,
    instruction(1, 'parameter'),
    instruction(2, 'get-tuple-element', 1, tuple_index=0),
    instruction(3, 'get-tuple-element', 1, tuple_index=1),
    instruction(4, 'copy', 3),
    instruction(5, 'constant', value=step),
    instruction(6, changed, 4, 5),
    instruction(7, 'tuple', 2, 6),
  )
  loop = instruction(
    5, 'while', 4, called_computation_ids=[3, 2], backend_config=config
  )
  outer = computation(
    1,
    instruction(1, 'parameter'),
    instruction(2, 'constant', value=start),
    instruction(3, 'copy', 2),
    instruction(4, 'tuple', 1, 3),
    loop,
  )
  return trip_counts.rounds(loop, outer, {2: condition, 3: body})


@pytest.mark.parametrize(
  ('start', 'end', 'step', 'expected'),
  [(0, 50, 1, 50), (3, 50, 1, 47), (0, 50, 8, 7), (9, 5, 1, 0)],
)
def test_a_counter_between_constants_has_a_number_of_rounds(
  start, end, step, expected
):
  assert rounds(start, end, step) == expected


def test_the_compiler_knows_better():
  config = b'{"known_trip_count": {"n": "11"}}'
  assert rounds(end=None, config=config) == 11
  assert rounds(config=b'{"known_induction_variable": {}}') == 50


def test_anything_else_depends_on_the_data():
  assert rounds(end=None) is None
  assert rounds(direction='NE') is None
  assert rounds(changed='multiply') is None
  assert rounds(step=0) is None
