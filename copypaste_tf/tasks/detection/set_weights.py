"""Weighs each term of the losses by its record set and by its own label.

An object has the weight of its own set, also where it is pasted into an image
of another one, times the weight that a composition such as mixup gives its
label. Background has the weight of the image's set. The divisors of the losses
count every term once, whatever its weight.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import tensorflow as tf
import tf_keras

from copypaste_tf.augment import traits
from copypaste_tf.config.config_types import Problem
from copypaste_tf.examples import TrainScenes
from copypaste_tf.inputs import composing, record_sets
from copypaste_tf.inputs.data_config import TrainData
from copypaste_tf.tasks.detection.config import TaskConfig
from copypaste_tf.tasks.detection.loss_means import LossMeans

BACKGROUND = -1  # In place of the row of an object.

# Weights of anchors or regions by their rows: `of_rows` with two arguments set.
OfRows = Callable[[tf.Tensor], tf.Tensor]


class Terms(NamedTuple):
  """The sets of a batch's images and labels, with the weights of the labels.

  Attributes:
    images: `[b, 2]` float32, the number of the image's set, and 1.
    objects: `[b, m, 2]` float32, the number of the set of each label, and the
      label's own weight, `TrainScenes.weights`.
  """

  images: tf.Tensor
  objects: tf.Tensor


def are_needed(data: TrainData) -> bool:
  """Returns True if the losses are weighed at all.

  That is so if the record sets are told apart, or if the composition weighs
  labels. Else a step computes nothing for it.

  Args:
    data: config of the training inputs.
  """
  composition = composing.named(data)
  return record_sets.are_told_apart(data) or traits.weighs_labels(composition)


def terms(scenes: TrainScenes, *, told_apart: bool = True) -> Terms:
  """Returns the `Terms` of a batch.

  Args:
    scenes: `b` training examples of `m` label rows.
    told_apart: whether the images tell their sets; if not, all are of the
      first one.

  Raises:
    ValueError: the sets are told apart, and the examples have no `sets`.
  """
  if not told_apart:
    first = tf.zeros_like(scenes.source_id, tf.int32)
    scenes = scenes._replace(sets=first)
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


def of_anchors(
  weights: OfRows | None, labels: Mapping[str, Any]
) -> dict[str, tf.Tensor] | None:
  """Returns the weights of the anchors of each level.

  Args:
    weights: see `OfRows`; None weighs all alike.
    labels: with `rpn_rows`, see `labels.labels`.

  Returns:
    `{level: [b, h_l, w_l, a]}` float32, or None.
  """
  if weights is None:
    return None
  return {level: weights(rows) for level, rows in labels['rpn_rows'].items()}


def of_regions(
  weights: OfRows | None,
  outputs: Mapping[str, tf.Tensor],
  suffix: str = '',
  prefix: str = '',
) -> tf.Tensor | None:
  """Returns the weights of the regions of a head.

  Args:
    weights: see `OfRows`; None weighs all alike.
    outputs: with `class_targets` and `matched_rows`, `[b, n]` int32 each.
    suffix: end of these names, such as that of a stage.
    prefix: beginning of these names.

  Returns:
    `[b, n]` float32, or None.
  """
  if weights is None:
    return None
  rows = outputs[f'{prefix}matched_rows{suffix}']
  is_object = outputs[f'{prefix}class_targets{suffix}'] > 0
  return weights(tf.where(is_object, rows, BACKGROUND))


def add_means(model: tf_keras.Model, config: TaskConfig) -> None:
  """Gives a model the running means that `loss_normalization` needs.

  Args:
    model: a model with all its variables; gets the attribute `loss_means`.
    config: config of the task.
  """
  if config.loss_normalization:
    sets = record_sets.resolve(config.train_data)
    model.loss_means = LossMeans(len(sets))


def update_means(
  model: tf_keras.Model, config: TaskConfig, values: Mapping[str, tf.Tensor]
) -> None:
  """Updates the running means of a model after a step.

  Args:
    model: a model that `add_means` has seen.
    config: config of the task.
    values: the scalar losses of this replica, with those of `losses`.
  """
  if config.loss_normalization:
    found = tf.stack([values[name] for name in loss_names(config.train_data)])
    model.loss_means.update(found, config.loss_normalization)


def table(model: tf_keras.Model, config: TaskConfig) -> tf.Tensor:
  """Returns the weight of each set, `[s]` float32.

  Args:
    model: a model that `add_means` has seen.
    config: config of the task.
  """
  data = config.train_data
  weights = tf.constant(record_sets.loss_weights(data), tf.float32)
  if config.loss_normalization:
    weights *= model.loss_means.ratios(data)
  return weights


def problems(config: TaskConfig) -> list[Problem]:
  """Lists values of `loss_normalization` that normalise nothing.

  Args:
    config: config of the task.
  """
  momentum, data = config.loss_normalization, config.train_data
  trained, _ = record_sets.divided(data)
  reasons = []
  if momentum == 1:
    reasons.append('expected a momentum below 1, got 1')
  elif momentum and len(trained) < 2:
    reasons.append(
      f'compares the losses of record sets, and {len(trained)} is trained on; '
      'set TaskConfig.loss_normalization = 0.0'
    )
  elif momentum and data.global_batch_size < 2:
    reasons.append('needs images of all sets in each step, got a batch of 1')
  return [Problem('task.loss_normalization', reason) for reason in reasons]


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

  There are none if the sets are not told apart.

  Args:
    data: config of the training inputs.
    sums: `[s]` float32, what the terms of each set add to the loss if all
      weigh 1. A set that is only pasted from has no images, so its sum stays.
  """
  if not record_sets.are_told_apart(data):
    return {}
  shares = [record_set.share or 1.0 for record_set in record_sets.resolve(data)]
  means = tf.unstack(tf.stop_gradient(sums) / shares)
  return dict(zip(loss_names(data), means, strict=True))
