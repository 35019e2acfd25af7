"""Weighs the classes by the effective number of their objects.

Cui et al. 2019, as the second stage of the paper's LVIS models uses it.
"""

import numpy as np

from copypaste_tf.inputs import record_sets
from copypaste_tf.records import category_counts
from copypaste_tf.tasks.detection.config import ClassBalance, TaskConfig


def weights(
  instances: np.ndarray,
  *,
  beta: float,
  low: float,
  high: float,
  background: float,
) -> np.ndarray:
  """Computes the weight of each class in the classification loss.

  A class of n objects has the weight `(1 - beta) / (1 - beta**n)`, over the
  mean of these weights, clipped to `[low, high]`.

  Args:
    instances: `[k]` int, objects of each class in the training set; row 0, the
      background, is not read. Classes without an object are left out of the
      mean, and have the weight of one object.
    beta: in [0, 1); 0 weighs all classes alike.
    low: smallest weight.
    high: largest weight.
    background: weight of class 0.

  Returns:
    `[k]` float64.

  Raises:
    ValueError: there is no object at all.
  """
  counts = np.asarray(instances, np.float64)[1:]
  if not counts.any():
    raise ValueError('ClassBalance needs objects to count, got none.')
  raw = (1 - beta) / (1 - beta ** np.maximum(counts, 1))
  scaled = np.clip(raw / raw[counts > 0].mean(), low, high)
  return np.concatenate([[background], scaled])


def resolve(config: TaskConfig) -> dict[str, list[float]] | None:
  """Computes the weights of a config from the counts of its training records.

  Args:
    config: config of the task.

  Returns:
    `weights` and `instances` by class, or None without `class_balance`.

  Raises:
    FileNotFoundError: there are no such records.
    ValueError: the records do not tell their counts, or have no object.
  """
  balance = config.class_balance
  if balance is None:
    return None
  trained, _ = record_sets.divided(config.train_data)
  patterns = balance.counts or ','.join(each.path for each in trained)
  counts = category_counts.read(patterns, config.model.num_classes)
  found = weights(counts.instances, **_knobs(balance))
  return {
    'weights': [float(f'{x:.9g}') for x in found],
    'instances': counts.instances.tolist(),
  }


def describe(found: dict[str, list[float]], balance: ClassBalance) -> str:
  """Returns a sentence on the weights of the classes that have objects.

  Args:
    found: result of `resolve`.
    balance: the config.
  """
  counts, every = np.array(found['instances'][1:]), found['weights'][1:]
  weights_ = np.array(every)[counts > 0]
  return (
    f'class_balance: weights of {len(weights_)} classes from '
    f'{weights_.min():.3g} to {weights_.max():.3g}, median '
    f'{np.median(weights_):.3g}; {np.sum(weights_ == balance.high)} are cut to '
    f'{balance.high:g}, {np.sum(weights_ == balance.low)} to {balance.low:g}; '
    f'{balance.background:g} for the background'
  )


def _knobs(balance: ClassBalance) -> dict[str, float]:
  return {k: v for k, v in balance.as_dict().items() if k != 'counts'}
