import pytest
import tensorflow as tf
from tensorflow.compiler.xla.service import hlo_pb2

from copypaste_tf.costs import hlo_module


def _compiler_ir(function, *specs):
  compiled = tf.function(function, jit_compile=True)
  return compiled.experimental_get_compiler_ir(*specs)('hlo_serialized')


@pytest.fixture(scope='module')
def serialized():
  """A step with two variables, of which one is updated, and a loop."""
  weight, other = tf.Variable(tf.zeros([4])), tf.Variable(tf.ones([4]))

  def step(x, y):
    total = tf.while_loop(
      lambda i, _: i < 3,
      lambda i, z: (i + 1, z + tf.reduce_sum(x[i] * y)),
      (0, 0.0),
    )[1]
    weight.assign_add(total * other)
    return total

  return _compiler_ir(step, tf.TensorSpec([3, 4]), tf.TensorSpec([4]))


@pytest.fixture(scope='module')
def modules(serialized):
  """The module before and after."""
  parse = hlo_pb2.HloModuleProto.FromString
  return parse(serialized), parse(hlo_module.portable(serialized))


def _entry(module):
  (found,) = [
    x for x in module.computations if x.id == module.entry_computation_id
  ]
  return found


def test_all_arguments_are_one_tuple(modules):
  before, after = modules
  entry = _entry(after)
  (argument,) = [x for x in entry.instructions if x.opcode == 'parameter']
  assert argument.parameter_number == 0
  parts = list(_entry(before).program_shape.parameters)
  assert len(parts) == 4 and list(argument.shape.tuple_shapes) == parts
  for shape in (entry.program_shape, after.host_program_shape):
    assert list(shape.parameters) == [argument.shape]
  taken = {
    x.tuple_index: x.shape
    for x in entry.instructions
    if list(x.operand_ids) == [argument.id]
  }
  assert taken == dict(enumerate(parts))


def test_aliases_of_updated_variables_are_kept(modules):
  before, after = modules
  (old,) = before.input_output_alias.entries
  (new,) = after.input_output_alias.entries
  assert new.parameter_number == 0
  assert list(new.parameter_shape_index) == [old.parameter_number]
  assert new.output_shape_index == old.output_shape_index


def test_instructions_count_from_zero_in_each_computation(modules):
  before, after = modules
  assert max(x.id for x in _entry(before).instructions) > len(
    _entry(before).instructions
  )
  for computation in after.computations:
    ids = [x.id for x in computation.instructions]
    assert ids == list(range(len(ids)))


def test_renumbering_keeps_the_graph(modules):
  # By name, but for the new argument: names are not changed.
  before, after = modules
  for old, new in zip(before.computations, after.computations, strict=True):
    assert _graph(new).items() >= _graph(old).items()
    names = {x.id: x.name for x in new.instructions}
    (root,) = [x.name for x in old.instructions if x.id == old.root_id]
    assert names[new.root_id] == root
    assert old.name == new.name and old.id == new.id


def _graph(computation):
  names = {x.id: x.name for x in computation.instructions}
  return {
    x.name: ([names[n] for n in x.operand_ids], list(x.called_computation_ids))
    for x in computation.instructions
    if x.opcode not in ('parameter', 'get-tuple-element')
  }


def test_operands_precede_their_users(modules):
  for computation in modules[1].computations:
    for x in computation.instructions:
      assert all(n < x.id for n in x.operand_ids)


def test_shapes_that_depend_on_the_data_are_named():
  found = hlo_module.dynamic_shapes(
    _compiler_ir(lambda x: tf.where(x > 0), tf.TensorSpec([7]))
  )
  assert any('Where' in name and '[7, 1]' in name for name in found)


def test_operations_are_counted_by_opcode(serialized):
  assert hlo_module.count(serialized, 'while') == 1
  assert hlo_module.count(serialized, 'parameter') > 4
