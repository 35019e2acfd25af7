"""The training step of a config as an XLA module, as each replica runs it."""

import tempfile
from typing import Any

import tensorflow as tf
from official.core import config_definitions as cfg
from official.core import train_utils
from official.modeling import performance

from copypaste_tf.training.replica import OneOfMany
from copypaste_tf.training.task import CopyPasteTask


def traced_step(
  params: cfg.ExperimentConfig, *, replicas: int, batch_per_replica: int
):
  performance.set_mixed_precision_policy(params.runtime.mixed_precision_dtype)
  strategy = OneOfMany(replicas)
  with strategy.scope():
    task = CopyPasteTask(params.task)
    model = task.build_model()
    optimizer = train_utils.create_optimizer(task, params)
    optimizer._create_all_weights(model.trainable_variables)
    metrics = task.build_metrics()
  spec = input_spec(task, replicas, batch_per_replica)
  flat = tf.nest.flatten(spec)

  @tf.function(jit_compile=True)
  def step(*flat_inputs):
    inputs = tf.nest.pack_sequence_as(spec, flat_inputs)
    return strategy.run(
      lambda x: task.train_step(x, model, optimizer, metrics), args=(inputs,)
    )

  return step, flat


def input_spec(task: CopyPasteTask, replicas: int, batch: int) -> Any:
  context = tf.distribute.InputContext(num_replicas_in_sync=replicas)
  with tempfile.NamedTemporaryFile(suffix='.tfrecord') as records:
    data = task.task_config.train_data.replace(
      global_batch_size=batch * replicas, input_path=records.name
    )
    if data.source_input_path:
      data = data.replace(source_input_path=records.name)
    return task.build_inputs(data, context).element_spec
