"""Finds record sets that the replicas of a run cannot share."""

from copypaste_tf.config.config_types import Problem
from copypaste_tf.inputs import batch_layout, set_problems
from copypaste_tf.inputs.data_config import TrainData


def problems(data: TrainData, replicas: int) -> list[Problem]:
  """Lists settings of record sets that the batch of a replica cannot satisfy.

  Args:
    data: config of the training inputs.
    replicas: number of replicas that share the global batch.
  """
  batch_size = data.global_batch_size // replicas
  if not batch_size:  # `config_checks` reports the batch size.
    return []
  size = batch_layout.group_size(data, batch_size, replicas)
  return [
    Problem(f'task.train_data.{field}', message)
    for field, message in set_problems.problems(data, size)
  ]
