"""Lowers the training step of a config to an XLA module for one replica.

Nothing is read or trained. The records need not exist; only the shapes and
types of the inputs matter.
"""

import re
import tempfile
from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf
from official.core import config_definitions as cfg
from official.core import train_utils
from official.modeling import performance

from copypaste_tf.costs import hlo_module
from copypaste_tf.costs.replica import OneOfMany
from copypaste_tf.inputs import record_sets
from copypaste_tf.tasks import registry
from copypaste_tf.training.loop.adapter import ModelGardenTask

_MISSING = re.compile(r"No registered '(\w+)' OpKernel")


class Step(NamedTuple):
  """A training step that can be lowered but is never run.

  Attributes:
    function: takes the flattened tensors of one replica's batch and trains its
      own model.
    inputs: specs of these tensors.
  """

  function: Callable[..., Any]
  inputs: list[tf.TensorSpec]


def train_step(
  params: cfg.ExperimentConfig, *, replicas: int, batch_per_replica: int
) -> Step:
  """Builds the model of a config and the step that trains it.

  Args:
    params: the config; its global batch and its records are ignored.
    replicas: number of replicas that train together.
    batch_per_replica: images in the batch of each replica.

  Raises:
    ValueError: a shape of the inputs is not known before they are read.
  """
  performance.set_mixed_precision_policy(params.runtime.mixed_precision_dtype)
  strategy = OneOfMany(replicas)
  config = params.task.without_records()
  with strategy.scope():
    task = ModelGardenTask(registry.build(config))
    model = task.build_model()
    optimizer = train_utils.create_optimizer(task, params)
    optimizer._create_all_weights(model.trainable_variables)
    metrics = task.build_metrics()
  spec = _input_spec(task, replicas, batch_per_replica)
  inputs = [x for x in tf.nest.flatten(spec) if isinstance(x, tf.TensorSpec)]
  for x in inputs:
    if not x.shape.is_fully_defined():
      raise ValueError(f'an input of the step has an unknown size: {x}.')

  @tf.function(jit_compile=True, autograph=False)
  def function(*tensors):
    batch = packed(spec, tensors)
    return strategy.run(
      lambda x: task.train_step(x, model, optimizer, metrics), args=(batch,)
    )

  return Step(function, inputs)


def module(step: Step) -> bytes:
  """Lowers a step to XLA.

  Args:
    step: of `train_step`.

  Returns:
    A serialized `HloModuleProto` whose argument is one tuple: the inputs and
    the variables.

  Raises:
    ValueError: an operation has no kernel for XLA; the message names it.
  """
  generate = step.function.experimental_get_compiler_ir(*step.inputs)
  try:
    serialized = generate(stage='hlo_serialized')
  except (tf.errors.InvalidArgumentError, ValueError) as error:
    raise ValueError(_cause(str(error))) from error
  return hlo_module.portable(serialized)


def lowered(params: cfg.ExperimentConfig, replicas: int, batch: int) -> bytes:
  """Returns the `module` of a config's `train_step`; see both."""
  return module(train_step(params, replicas=replicas, batch_per_replica=batch))


def _input_spec(task: ModelGardenTask, replicas: int, batch: int) -> Any:
  """Returns the spec of one replica's batch; the pipeline is never run."""
  context = tf.distribute.InputContext(num_replicas_in_sync=replicas)
  data = task.task_config.train_data
  with tempfile.NamedTemporaryFile(suffix='.tfrecord') as records:
    with tf.io.TFRecordWriter(records.name) as writer:
      writer.write(b'')  # A host without records is refused.
    data = record_sets.with_path(data, records.name).replace(
      global_batch_size=batch * replicas, data_service=''
    )
    return task.build_inputs(data, context).element_spec


def packed(spec: Any, tensors: tuple[tf.Tensor, ...]) -> Any:
  """Packs tensors into the structure of a spec, which may contain None.

  Args:
    spec: nest of `TensorSpec` and None.
    tensors: a tensor for each `TensorSpec`, in order.
  """
  left = iter(tensors)
  flat = [
    next(left) if isinstance(x, tf.TensorSpec) else None
    for x in tf.nest.flatten(spec)
  ]
  return tf.nest.pack_sequence_as(spec, flat)


def _cause(message: str) -> str:
  """Names the operations without a kernel, or the first error."""
  missing = sorted(set(_MISSING.findall(message)))
  if missing:
    return f'no XLA kernel for {", ".join(missing)}; build it from other ops.'
  return f'the step does not lower: {message.splitlines()[0]}'
