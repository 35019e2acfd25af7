"""Weighs each term of the losses by the record set that it comes from.

An object has the weight of its own set, also where it is pasted into an image
of another one. Background has the weight of the image's set. The divisors of
the losses count every term once, whatever its weight.
"""

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.examples import TrainScenes
from copypaste_tf.inputs import record_sets
from copypaste_tf.inputs.data_config import TrainData

BACKGROUND = -1  # In place of the row of an object.


class Terms(NamedTuple):
  """The sets of a batch's images and labels, with the weights of the labels.

  Attributes:
    images: `[b, 2]` float32, the number of the image's set, and 1.
    objects: `[b, m, 2]` float32, the number of the set of each label, and the
      label's own weight, `TrainScenes.weights`.
  """

  images: tf.Tensor
  objects: tf.Tensor


def terms(scenes: TrainScenes) -> Terms:
  """Returns the `Terms` of a batch whose images tell their sets.

  Args:
    scenes: `b` training examples of `m` label rows.

  Raises:
    ValueError: the examples have no `sets`.
  """
  if not tf.is_tensor(scenes.sets):
    raise ValueError(
      'the sets of TrainData.sets weigh differently, so a composition must set '
      'TrainScenes.sets, as augment.joining.join does; it is empty.'
    )
  numbers = tf.cast(scenes.sets, tf.float32)
  of_objects = tf.where(scenes.pasted, numbers[:, 1:], numbers[:, :1])
  of_images = tf.stack([numbers[:, 0], tf.ones_like(numbers[:, 0])], axis=-1)
  return Terms(of_images, tf.stack([of_objects, scenes.weights], axis=-1))


def of_rows(terms: Terms, table: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
  """Returns the weights of anchors or regions.

  Args:
    terms: the `Terms` of the batch.
    table: `[s]` float32, the weight of each set.
    rows: `[b, ...]` int32 row of the matched object, or `BACKGROUND`.

  Returns:
    `[b, ...]` float32.
  """
  found = tf.gather(terms.objects, tf.maximum(rows, 0), batch_dims=1)
  ones = [1] * (rows.shape.rank - 1)
  background = tf.reshape(terms.images, [-1, *ones, 2])
  found = tf.where((rows > BACKGROUND)[..., tf.newaxis], found, background)
  # A gather of the weights would have a gradient that scatters.
  is_set = found[..., :1] == tf.range(table.shape[0], dtype=tf.float32)
  return found[..., 1] * tf.reduce_sum(tf.where(is_set, table, 0.0), axis=-1)


class LossMeans(tf.Module):
  """Running means of the loss of each set, a part of every checkpoint.

  They are those of the loss normalisation of Zoph et al. 2020.

  Args:
    sets: number of sets.
  """

  def __init__(self, sets: int):
    super().__init__(name='loss_means')
    self.means = tf.Variable(
      tf.zeros([sets]),
      trainable=False,
      aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
      name='loss_means',
    )

  def update(self, losses: tf.Tensor, momentum: float) -> None:
    """Moves the means towards the losses of a step; the first step sets them.

    Args:
      losses: `[s]` float32, the loss of each set on this replica.
      momentum: factor of the old mean, in [0, 1).
    """
    context = tf.distribute.get_replica_context()
    losses = context.all_reduce(tf.distribute.ReduceOp.MEAN, losses)
    moved = momentum * self.means + (1 - momentum) * losses
    self.means.assign(tf.where(self.means > 0.0, moved, losses))

  def ratios(self, data: TrainData) -> tf.Tensor:
    """Returns the mean loss of the first set over that of each set.

    Args:
      data: config of the training inputs.

    Returns:
      `[s]` float32; 1 before the first step, and for a set that is only pasted
      from.
    """
    shares = [record_set.share for record_set in record_sets.resolve(data)]
    first = next(k for k, share in enumerate(shares) if share)
    ratios = tf.math.divide_no_nan(self.means[first], self.means)
    trained = [share > 0 for share in shares]
    return tf.where(tf.constant(trained) & (ratios > 0.0), ratios, 1.0)


def table(data: TrainData, means: LossMeans | None = None) -> tf.Tensor:
  """Returns the weight of each set, `[s]` float32.

  Args:
    data: config of the training inputs.
    means: makes the losses of all sets equal on average before they are
      weighed; None takes them as they are.
  """
  weights = tf.constant(record_sets.loss_weights(data), tf.float32)
  return weights if means is None else weights * means.ratios(data)


def loss_names(data: TrainData) -> list[str]:
  """Returns the name of the loss of each set; empty if they are not told apart.

  Args:
    data: config of the training inputs.
  """
  if not record_sets.are_told_apart(data):
    return []
  return [f'sets/{name}/loss' for name in record_sets.names(data)]


def losses(data: TrainData, sums: tf.Tensor) -> dict[str, tf.Tensor]:
  """Returns the loss of each set by its name, a mean over its images.

  Args:
    data: config of the training inputs.
    sums: `[s]` float32, what the terms of each set add to the loss if all
      weigh 1. A set that is only pasted from has no images, so its sum stays.
  """
  shares = [record_set.share or 1.0 for record_set in record_sets.resolve(data)]
  means = tf.unstack(tf.stop_gradient(sums) / shares)
  return dict(zip(loss_names(data), means, strict=True))


def statistics(
  data: TrainData, scenes: TrainScenes, values: Mapping[str, tf.Tensor]
) -> dict[str, tf.Tensor]:
  """Returns statistics of the images of each set that is trained on.

  Args:
    data: config of the training inputs.
    scenes: `b` training examples.
    values: `[b]` float32 statistics of the images, by name.

  Returns:
    `[b]` float32 by the names of `statistic_names`. A value is divided by the
    share of the set, so the mean over all images is that over the set's.
  """
  labels = tf.math.count_nonzero(scenes.classes, axis=1, dtype=tf.float32)
  empty = tf.cast(labels == 0.0, tf.float32)
  values = {'labels': labels, 'images_without_labels': empty, **values}
  found = {}
  for number, record_set in enumerate(record_sets.resolve(data)):
    if record_set.share:
      factor = tf.cast(scenes.sets[:, 0] == number, tf.float32)
      factor /= record_set.share
      prefix = f'sets/{record_sets.names(data)[number]}'
      found |= {f'{prefix}/{name}': x * factor for name, x in values.items()}
  return found


def statistic_names(data: TrainData, names: list[str]) -> list[str]:
  """Returns the names of `statistics`; none if sets are not told apart.

  Args:
    data: config of the training inputs.
    names: keys of its `values`.
  """
  if not record_sets.are_told_apart(data):
    return []
  return [
    f'sets/{set_name}/{name}'
    for set_name, record_set in zip(
      record_sets.names(data), record_sets.resolve(data), strict=True
    )
    if record_set.share
    for name in ('labels', 'images_without_labels', *names)
  ]
