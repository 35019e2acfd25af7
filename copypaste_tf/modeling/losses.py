"""The published losses that Model Garden normalises otherwise.

Each is a mean over the local batch, and the gradients of the replicas are
averaged; Model Garden divides by a mean over replicas, plus 0.01.
"""

from collections.abc import Mapping

import tensorflow as tf


def rpn_score_loss(
  scores: Mapping[str, tf.Tensor],
  targets: Mapping[str, tf.Tensor],
  *,
  samples_per_image: int,
) -> tf.Tensor:
  """Returns the scalar cross-entropy of the sampled anchors.

  Args:
    scores: `{level: [b, h_l, w_l, a]}` float32 logits.
    targets: `{level: [b, h_l, w_l, a]}` int: 1, 0, or -1 for not sampled.
    samples_per_image: anchors that are sampled at most, the divisor.
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
  """Returns the scalar Huber loss of the positive anchors.

  Args:
    codes: `{level: [b, h_l, w_l, 4 * a]}` float32.
    targets: of the same shapes; coordinates that are zero do not count.
    delta: where the loss turns from quadratic to linear.

  Returns:
    The sum over the levels of the means over coordinates.
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
  """Returns the scalar mean Huber loss of the regions with an object.

  Args:
    codes: `[b, n, 4]` float32, or `[b, n, 4 * k]` of all classes.
    targets: `[b, n, 4]` float32.
    classes: `[b, n]` int; 0 is the background.
    delta: where the loss turns from quadratic to linear.
  """
  # Model Garden's task has cast everything to float32 by now.
  classes = tf.cast(classes, tf.int32)
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
  """Returns the scalar mean cross-entropy of the masks of objects.

  Args:
    logits: `[b, n, s, s]` float32.
    targets: `[b, n, s, s]` float32 in [0, 1].
    classes: `[b, n]` int; 0 is the background.
  """
  loss = tf.nn.sigmoid_cross_entropy_with_logits(targets, logits)
  present = (classes > 0)[..., tf.newaxis, tf.newaxis]
  return _mean_where(loss, tf.broadcast_to(present, tf.shape(loss)))


def _huber(error: tf.Tensor, delta: float) -> tf.Tensor:
  error = tf.abs(error)
  near = tf.minimum(error, delta)
  return 0.5 * near**2 + delta * (error - near)


def _mean_where(loss: tf.Tensor, counts: tf.Tensor) -> tf.Tensor:
  total = tf.reduce_sum(tf.where(counts, loss, 0.0))
  return tf.math.divide_no_nan(
    total, tf.reduce_sum(tf.cast(counts, tf.float32))
  )
