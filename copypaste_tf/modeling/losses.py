"""Losses of the RPN, the boxes and the masks as published (tensorflow/tpu).

Each loss is a mean over the batch of one replica; the gradients are averaged
over the replicas. Model Garden normalises otherwise: it divides by a mean over
all replicas, plus 0.01.

Weights multiply terms. The divisors count every term once, so a term of weight
2 acts like two of weight 1, and weights of 1 change no bit.
"""

from collections.abc import Mapping, Sequence

import tensorflow as tf


def rpn_score_loss(
  scores: Mapping[str, tf.Tensor],
  targets: Mapping[str, tf.Tensor],
  *,
  samples_per_image: int,
  weights: Mapping[str, tf.Tensor] | None = None,
) -> tf.Tensor:
  """Computes the sigmoid cross-entropy of the sampled anchors.

  Args:
    scores: `{level: [b, h_l, w_l, a]}` float32 logits.
    targets: `{level: [b, h_l, w_l, a]}` int: 1 positive, 0 negative, -1 not
      sampled.
    samples_per_image: size of the minibatch of anchors of an image. It is the
      divisor also where fewer anchors were sampled.
    weights: `{level: [b, h_l, w_l, a]}` float32, multiplies the loss of each
      anchor; None means 1.

  Returns:
    Float32 scalar, at least 0.
  """
  total = 0.0
  for level, logits in scores.items():
    target = tf.cast(targets[level], tf.float32)
    loss = tf.nn.sigmoid_cross_entropy_with_logits(
      tf.maximum(target, 0.0), logits
    )
    if weights is not None:
      loss *= weights[level]
    total += tf.reduce_sum(tf.where(target >= 0.0, loss, 0.0))
  batch = tf.shape(next(iter(scores.values())))[0]
  return total / tf.cast(batch * samples_per_image, tf.float32)


def rpn_box_loss(
  codes: Mapping[str, tf.Tensor],
  targets: Mapping[str, tf.Tensor],
  *,
  delta: float,
  weights: Mapping[str, tf.Tensor] | None = None,
) -> tf.Tensor:
  """Computes the Huber loss of the positive anchors.

  Args:
    codes: `{level: [b, h_l, w_l, 4 * a]}` float32 predicted box codes.
    targets: `{level: [b, h_l, w_l, 4 * a]}` float32 box codes. A coordinate
      that is exactly 0 is ignored, as published.
    delta: error at which the loss turns from quadratic to linear.
    weights: `{level: [b, h_l, w_l, a]}` float32, multiplies the loss of each
      anchor; None means 1.

  Returns:
    Float32 scalar, at least 0: the mean over the coordinates of each level,
    summed over the levels.
  """
  means = []
  for level, target in targets.items():
    loss = _huber(codes[level] - target, delta)
    if weights is not None:
      loss *= tf.repeat(weights[level], 4, axis=-1)
    means.append(_mean_where(loss, target != 0.0))
  return tf.add_n(means)


def class_loss(
  logits: tf.Tensor,
  classes: tf.Tensor,
  *,
  class_weights: Sequence[float] | None = None,
  binary: bool = False,
  hardest: float = 1.0,
  weights: tf.Tensor | None = None,
) -> tf.Tensor:
  """Computes the mean cross-entropy of the classes of the regions.

  Args:
    logits: `[b, n, k]` float32.
    classes: `[b, n]` int32 in [0, k); 0 is the background.
    class_weights: `[k]`, multiplies the loss of a region by the weight of its
      class; with `binary`, that of each class in any region. None means 1.
    binary: a sigmoid for each class instead of a softmax over all.
    hardest: fraction of the values, in (0, 1], that is averaged: the largest
      values (online hard example mining); 1 averages all.
    weights: `[b, n]` float32, multiplies the loss of each region; None means
      1.

  Returns:
    Float32 scalar, at least 0. The mean is over the regions, not over the
    weights.
  """
  num_classes = logits.shape[-1]
  target = tf.one_hot(classes, num_classes)
  if binary:
    loss = tf.nn.sigmoid_cross_entropy_with_logits(target, logits)
  else:
    loss = tf.nn.softmax_cross_entropy_with_logits(target, logits)
  if class_weights is not None:
    of_class = tf.ensure_shape(
      tf.constant(class_weights, tf.float32), [num_classes]
    )
    loss *= of_class if binary else tf.gather(of_class, classes)
  if weights is not None:
    loss *= weights[..., tf.newaxis] if binary else weights
  if hardest == 1.0:
    return tf.reduce_mean(loss)
  values = tf.reshape(loss, [-1])
  count = tf.cast(hardest * tf.cast(tf.size(values), tf.float32), tf.int32)
  values, _ = tf.math.top_k(values, count)
  return tf.reduce_sum(values) / (tf.cast(count, tf.float32) + 1e-5)


def box_loss(
  codes: tf.Tensor,
  targets: tf.Tensor,
  classes: tf.Tensor,
  *,
  delta: float,
  weights: tf.Tensor | None = None,
) -> tf.Tensor:
  """Computes the mean Huber loss of the foreground regions.

  Args:
    codes: `[b, n, 4]` float32 predicted box codes, or `[b, n, 4 * k]` with one
      box for each class.
    targets: `[b, n, 4]` float32 box codes.
    classes: `[b, n]` int32 in [0, k); 0 is the background.
    delta: error at which the loss turns from quadratic to linear.
    weights: `[b, n]` float32, multiplies the loss of each region; None means
      1.

  Returns:
    Float32 scalar, at least 0; 0 without a foreground region.
  """
  _, n, channels = codes.shape
  codes = tf.reshape(codes, [-1, n, channels // 4, 4])
  if channels > 4:
    codes = tf.gather(codes, classes, axis=2, batch_dims=2)
  else:
    codes = codes[:, :, 0]
  present = tf.broadcast_to((classes > 0)[..., tf.newaxis], tf.shape(codes))
  loss = _huber(codes - targets, delta)
  if weights is not None:
    loss *= weights[..., tf.newaxis]
  return _mean_where(loss, present)


def mask_loss(
  logits: tf.Tensor,
  targets: tf.Tensor,
  classes: tf.Tensor,
  *,
  weights: tf.Tensor | None = None,
) -> tf.Tensor:
  """Computes the mean sigmoid cross-entropy of the foreground masks.

  Args:
    logits: `[b, n, s, s]` float32 mask logits of each region's class.
    targets: `[b, n, s, s]` float32 soft masks in [0, 1].
    classes: `[b, n]` int32 in [0, k); 0 is the background.
    weights: `[b, n]` float32, multiplies the loss of each region; None means
      1.

  Returns:
    Float32 scalar, at least 0; 0 without a foreground region.
  """
  loss = tf.nn.sigmoid_cross_entropy_with_logits(targets, logits)
  if weights is not None:
    loss *= weights[..., tf.newaxis, tf.newaxis]
  present = (classes > 0)[..., tf.newaxis, tf.newaxis]
  return _mean_where(loss, tf.broadcast_to(present, tf.shape(loss)))


def _huber(error: tf.Tensor, delta: float) -> tf.Tensor:
  error = tf.abs(error)
  quadratic = tf.minimum(error, delta)
  return 0.5 * quadratic**2 + delta * (error - quadratic)


def _mean_where(loss: tf.Tensor, selected: tf.Tensor) -> tf.Tensor:
  """Returns the mean of the selected values, 0 if there are none."""
  total = tf.reduce_sum(tf.where(selected, loss, 0.0))
  return tf.math.divide_no_nan(
    total, tf.reduce_sum(tf.cast(selected, tf.float32))
  )
