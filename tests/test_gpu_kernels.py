"""Operations of the plain-graph step have kernels for GPUs.

TensorFlow's Linux package registers its GPU kernels on machines without a GPU,
too. An operation without one would run on the CPU, with copies there and back.
"""

import functools

import pytest
import tensorflow as tf
from tensorflow.python.framework import kernels

from copypaste_tf.costs import step_functions, step_inputs
from copypaste_tf.training.config import gin_config

# Parts of the graph and of the control flow; they compute nothing.
STRUCTURE = {'Placeholder', 'VarHandleOp', 'Assert'}
# These run on the CPU beside a GPU in the plain graph.
ON_THE_CPU = [
  ('Const', 'string'),  # Messages of assertions.
]


@functools.cache
def gpu_kernels(op_type):
  return [
    kernel
    for kernel in kernels.get_registered_kernels_for_op(op_type).kernel
    if kernel.device_type in ('GPU', 'DEFAULT')
  ]


def _fits(kernel, attributes):
  return all(
    attributes[constraint.name].type in constraint.allowed_values.list.type
    for constraint in kernel.constraint
    if constraint.allowed_values.list.type
    and attributes[constraint.name].WhichOneof('value') == 'type'
  )


def without_kernel(graph):
  """Lists operations, with their types, that have no GPU kernel.

  Includes functions that the graph calls, unless XLA compiles them.
  """
  definition = graph.as_graph_def()
  functions = {f.signature.name: f for f in definition.library.function}
  left, seen, missing = [definition.node], set(), set()
  while left:
    for node in left.pop():
      if node.op not in STRUCTURE and not any(
        _fits(kernel, node.attr) for kernel in gpu_kernels(node.op)
      ):
        missing.add((node.op, *_types(node)))
      for name in {*_called(node)} - seen:
        seen.add(name)
        if not functions[name].attr['_XlaMustCompile'].b:
          left.append(functions[name].node_def)
  return sorted(missing)


def _types(node):
  kinds = (
    x.type for x in node.attr.values() if x.WhichOneof('value') == 'type'
  )
  return sorted({tf.as_dtype(kind).name for kind in kinds})


def _called(node):
  for value in node.attr.values():
    if value.WhichOneof('value') == 'func':
      yield value.func.name
    yield from (x.name for x in value.list.func)


def _graph(function, *arguments):
  return tf.function(function).get_concrete_function(*arguments).graph


@pytest.fixture
def registered():
  if not gpu_kernels('Conv2D'):
    pytest.skip('this TensorFlow was built without GPU kernels')


def test_an_operation_for_the_cpu_alone_is_found(registered):
  assert not without_kernel(_graph(lambda x: x @ x, tf.TensorSpec([2, 2])))
  found = without_kernel(
    _graph(lambda x: tf.strings.length(x), tf.TensorSpec([2], tf.string))
  )
  assert ('StringLength',) in found

  # There are kernels for other types, and XLA needs none.
  bytes_ = _graph(lambda x: tf.cumsum(x), tf.TensorSpec([2], tf.int8))
  assert ('Cumsum', 'int32', 'int8') in without_kernel(bytes_)
  compiled = tf.function(tf.cumsum, jit_compile=True)
  assert not without_kernel(_graph(compiled, tf.TensorSpec([2], tf.int8)))


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize('precision', ['float32', 'bfloat16'])
def test_other_operations_of_a_step_have_gpu_kernels(registered, precision):
  lines = ['IMAGE_SIZE = (64, 64)', f'PRECISION = "{precision}"']
  params = gin_config.load(['smoke'], lines).params
  raw = step_inputs.train_inputs(
    None,
    params.task.train_data.replace(input_path=''),
    batch=2,
    objects=4,
    num_classes=4,
  ).batch
  step = step_functions.Steps(params, 'dense').step(xla=False)
  found = without_kernel(step.get_concrete_function(raw).graph)
  assert found == ON_THE_CPU
