"""Every operation of the plain-graph step has a kernel for GPUs.

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
  """Lists operations of a graph and its functions that have no GPU kernel."""
  definition = graph.as_graph_def()
  nodes = [
    *definition.node,
    *(x for f in definition.library.function for x in f.node_def),
  ]
  return sorted(
    {
      node.op
      for node in nodes
      if node.op not in STRUCTURE
      if not any(_fits(kernel, node.attr) for kernel in gpu_kernels(node.op))
    }
  )


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
  assert 'StringLength' in found
  # There is one for other types.
  ragged = _graph(lambda x: tf.cumsum(x), tf.TensorSpec([2], tf.int8))
  assert 'Cumsum' in without_kernel(ragged)


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize('precision', ['float32', 'bfloat16'])
def test_every_operation_of_a_step_has_a_gpu_kernel(registered, precision):
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
  assert not without_kernel(step.get_concrete_function(raw).graph)
