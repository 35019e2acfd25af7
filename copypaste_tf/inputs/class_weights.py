"""Weights the classes of pasted objects by how rare they are."""

import numpy as np

from copypaste_tf.inputs import record_sets
from copypaste_tf.inputs.data_config import TrainData
from copypaste_tf.records import category_counts


def of_records(data: TrainData, power: float) -> list[float]:
  """Computes class weights from the manifests of the records pasted from.

  Args:
    data: config of the training inputs.
    power: power p of the weights, above 0.

  Returns:
    `[k]` floats: at the position of a category id with n objects, `(1 / n)^p`
    relative to the rarest class; 1 for an id without objects.

  Raises:
    FileNotFoundError: a path matches no file.
    ValueError: the power is negative, or a manifest does not tell the objects
      of the classes.
  """
  if not power > 0:
    raise ValueError(
      f'CopyPaste.class_weight_power must be at least 0, got {power:g}.'
    )
  givers = [one.path for one in record_sets.resolve(data) if one.pasted_from]
  counts = category_counts.read(','.join(givers))
  present = counts.instances[counts.instances > 0]
  least = present.min() if present.size else 1
  weights = (least / np.maximum(counts.instances, least)) ** power
  return weights.tolist()
