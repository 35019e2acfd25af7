"""Counts of small modules by hand, of loops and branches."""

import pytest
import tensorflow as tf
from tensorflow.compiler.xla import xla_data_pb2
from tensorflow.compiler.xla.service import hlo_pb2

from copypaste_tf.costs import operation_counts


def counted(function, *arguments):
  return operation_counts.of_function(
    tf.function(function, jit_compile=True), *arguments
  )


def repeated(rounds):
  """Returns a function with a loop that XLA does not simplify."""

  def run(x):
    return tf.while_loop(
      lambda i, _: i < rounds,
      lambda i, y: (i + 1, tf.linalg.matmul(y, y)),
      (0, x),
    )[1]

  return run


MATRIX = tf.TensorSpec([8, 8])


def test_an_elementwise_function_runs_as_one_operation():
  counts = counted(lambda x: tf.exp(x) * 2 + 1, tf.TensorSpec([5, 7]))
  assert counts.runs == 1 and counts.loops == ()
  assert counts.bytes == 2 * 4 * 5 * 7  # Reads 35 floats and writes as many.
  assert sum(counts.names.values()) == 1


def test_a_loop_counts_with_its_rounds():
  few, many = (counted(repeated(n), MATRIX) for n in (10, 50))
  (loop,) = many.loops
  assert loop.rounds == 50 and 'while' in loop.name
  assert many.data_loops == ()
  outside = many.runs - 50 * loop.runs
  assert loop.runs >= 1 and outside >= 0
  assert few.runs == 10 * loop.runs + outside
  assert many.bytes > 4 * few.bytes


def test_a_loop_that_depends_on_the_data_is_named():
  counts = counted(
    lambda x, n: repeated(n)(x), MATRIX, tf.TensorSpec([], tf.int32)
  )
  (loop,) = counts.data_loops
  assert loop.rounds is None and 'while' in loop.name
  assert counts.runs >= loop.runs >= 1


def test_inner_loops_multiply():
  def run(x):
    return tf.while_loop(
      lambda i, _: i < 20,
      lambda i, y: (i + 1, repeated(30)(tf.sin(y))),
      (0, x),
    )[1]

  counts = counted(run, MATRIX)
  outer, inner = counts.loops
  assert (outer.rounds, inner.rounds) == (20, 30)
  assert outer.runs >= 30 * inner.runs
  assert counts.runs >= 20 * outer.runs


def module(*instructions, others=()):
  """Returns a serialized module of which `instructions` are the entry."""
  entry = hlo_pb2.HloComputationProto(id=1, instructions=instructions)
  return hlo_pb2.HloModuleProto(
    entry_computation_id=1, computations=[entry, *others]
  ).SerializeToString()


def instruction(number, opcode, element_type='F32', operands=(), **fields):
  shape = xla_data_pb2.ShapeProto(
    element_type=xla_data_pb2.PrimitiveType.Value(element_type),
    dimensions=[6],
  )
  return hlo_pb2.HloInstructionProto(
    id=number, opcode=opcode, operand_ids=operands, shape=shape, **fields
  )


def test_of_several_branches_the_longest_counts():
  short, long = (
    hlo_pb2.HloComputationProto(
      id=number,
      instructions=[instruction(i, 'fusion') for i in range(length)],
    )
    for number, length in ((2, 1), (3, 4))
  )
  counts = operation_counts.of_module(
    module(
      instruction(1, 'conditional', called_computation_ids=[2, 3]),
      instruction(2, 'call', called_computation_ids=[2]),
      others=[short, long],
    )
  )
  assert counts.runs == 4 + 1


@pytest.mark.parametrize(
  ('element_type', 'size'),
  [('PRED', 1), ('U8', 1), ('BF16', 2), ('S64', 8), ('F8E4M3FN', 1)],
)
def test_bytes_follow_the_type(element_type, size):
  counts = operation_counts.of_module(
    module(
      instruction(1, 'parameter', element_type),
      instruction(2, 'fusion', element_type, [1]),
    )
  )
  assert counts.runs == 1 and counts.bytes == 2 * 6 * size


def test_operations_belong_to_the_part_of_their_scope():
  def run(x):
    with tf.name_scope('first'):
      y = repeated(10)(x)  # Names within a loop have no scope.
    with tf.name_scope('second'):
      return tf.linalg.matmul(y, y)

  counts = operation_counts.of_function(
    tf.function(run, jit_compile=True),
    MATRIX,
    scopes={'first': 'one', 'second': 'two'},
  )
  assert counts.parts['two'].runs == 1
  assert counts.parts['one'].runs >= 10
  assert sum(part.runs for part in counts.parts.values()) == counts.runs
  assert sum(part.bytes for part in counts.parts.values()) == counts.bytes


def test_an_operation_without_a_name_follows_its_operand():
  scopes = {'one': 'first'}
  named = instruction(1, 'fusion')
  named.metadata.op_name = 'one/add'
  free = instruction(2, 'bitcast', operands=[1])
  counts = operation_counts.of_module(
    module(named, free, instruction(3, 'copy', operands=[2])), scopes
  )
  assert counts.parts == {'first': (2, 3 * 4 * 6)}
