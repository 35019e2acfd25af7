"""Losses of the RPN, the boxes and the masks as published (tensorflow/tpu).

Each loss is a mean over the batch of one replica; the gradients are averaged
over the replicas. Model Garden normalises otherwise: it divides by a mean over
all replicas, plus 0.01.
"""

from collections.abc import Mapping

import tensorflow as tf


def rpn_score_loss(
  scores: Mapping[str, tf.Tensor],
  targets: Mapping[str, tf.Tensor],
  *,
  samples_per_image: int,
) -> tf.Tensor:
  """Computes the sigmoid cross-entropy of the sampled anchors.

  Args:
    scores: `{level: [b, h_l, w_l, a]}` float32 logits.
    targets: `{level: [b, h_l, w_l, a]}` int: 1 positive, 0 negative, -1 not
      sampled.
    samples_per_image: size of the minibatch of anchors of an image. It is the
      divisor also where fewer anchors were sampled.

  Returns:
    Float32 scalar, at least 0.
  """
  total = 0.0
  for level, logits in scores.items():
    target = tf.cast(targets[level], tf.float32)
    loss = tf.nn.sigmoid_cross_entropy_with_logits(
      tf.maximum(target, 0.0), logits
    )
    total += tf.reduce_sum(tf.where(target >= 0.0, loss, 0.0))
  batch = tf.shape(next(iter(scores.values())))[0]
  return total / tf.cast(batch * samples_per_image, tf.float32)


def rpn_box_loss(
  codes: Mapping[str, tf.Tensor],
  targets: Mapping[str, tf.Tensor],
  *,
  delta: float,
) -> tf.Tensor:
  """Computes the Huber loss of the positive anchors.

  Args:
    codes: `{level: [b, h_l, w_l, 4 * a]}` float32 predicted box codes.
    targets: `{level: [b, h_l, w_l, 4 * a]}` float32 box codes. A coordinate
      that is exactly 0 is ignored, as published.
    delta: error at which the loss turns from quadratic to linear.

  Returns:
    Float32 scalar, at least 0: the mean over the coordinates of each level,
    summed over the levels.
  """
  return tf.add_n(
    [
      _mean_where(_huber(codes[level] - target, delta), target != 0.0)
      for level, target in targets.items()
    ]
  )


def box_loss(
  codes: tf.Tensor, targets: tf.Tensor, classes: tf.Tensor, *, delta: float
) -> tf.Tensor:
  """Computes the mean Huber loss of the foreground regions.

  Args:
    codes: `[b, n, 4]` float32 predicted box codes, or `[b, n, 4 * k]` with one
      box for each class.
    targets: `[b, n, 4]` float32 box codes.
    classes: `[b, n]` int32 in [0, k); 0 is the background.
    delta: error at which the loss turns from quadratic to linear.

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
  return _mean_where(_huber(codes - targets, delta), present)


def mask_loss(
  logits: tf.Tensor, targets: tf.Tensor, classes: tf.Tensor
) -> tf.Tensor:
  """Computes the mean sigmoid cross-entropy of the foreground masks.

  Args:
    logits: `[b, n, s, s]` float32 mask logits of each region's class.
    targets: `[b, n, s, s]` float32 soft masks in [0, 1].
    classes: `[b, n]` int32 in [0, k); 0 is the background.

  Returns:
    Float32 scalar, at least 0; 0 without a foreground region.
  """
  loss = tf.nn.sigmoid_cross_entropy_with_logits(targets, logits)
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
