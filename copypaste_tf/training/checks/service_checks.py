"""Finds settings that conflict with the tf.data service."""

import re
from collections.abc import Iterator

from copypaste_tf.config.config_types import Problem
from copypaste_tf.inputs.data_config import TrainData

_TRAIN = 'task.train_data.'


def problems(data: TrainData) -> list[Problem]:
  """Lists settings that conflict with the service.

  Args:
    data: config of the training inputs.
  """
  return [*_conflicts(data)] if data.data_service else []


def _conflicts(data: TrainData) -> Iterator[Problem]:
  if not re.fullmatch(r'grpc://[^/:]+:\d+', data.data_service):
    yield Problem(
      _TRAIN + 'data_service',
      'expected the address of a dispatcher, such as grpc://host:5050, got '
      f'{data.data_service!r}',
    )
  if data.deterministic:
    yield Problem(
      _TRAIN + 'deterministic',
      'the workers of a tf.data service answer in the order in which they get '
      'ready; set TrainData.deterministic = False, or TrainData.data_service '
      "= '' to read on this machine",
    )
