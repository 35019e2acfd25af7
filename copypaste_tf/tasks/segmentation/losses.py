"""The loss of the pixels, and its sum with weight decay."""

from collections.abc import Sequence

import tensorflow as tf

from copypaste_tf.examples import VOID

# Training minimises the first one; the other leaves out weight decay.
NAMES = ('total_loss', 'pixel_loss')


def pixel_loss(
  scores: tf.Tensor, classes: tf.Tensor, class_weight_power: float = 0.0
) -> tf.Tensor:
  """Computes the mean cross-entropy of the cells that have a label.

  With `class_weight_power` p, a cell of a class of n labelled cells weighs
  `n^-p` in the mean: with 0 all cells weigh alike, as published (Zoph et al.
  2020), with 1 all classes that occur. Cells are counted in the batch of one
  replica, over which the mean is taken, too; the gradients are averaged over
  the replicas.

  Args:
    scores: `[b, h, w, k]` float32 logits.
    classes: `[b, h, w]` int32 in [0, k), or `VOID`. Another class gives NaN, or
      an error on a CPU.
    class_weight_power: p, in [0, 1].

  Returns:
    Float32 scalar, at least 0; 0 if no cell has a label.
  """
  labelled = classes != VOID
  known = tf.where(labelled, classes, 0)
  loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
    labels=known, logits=scores
  )
  weights = tf.cast(labelled, tf.float32)
  if class_weight_power:
    weights *= _class_weights(classes, known, scores, class_weight_power)
  total = tf.reduce_sum(tf.where(labelled, weights * loss, 0.0))
  # At least 1 where there is a label, because no power is above 1.
  return total / tf.maximum(tf.reduce_sum(weights), 1.0)


def _class_weights(
  classes: tf.Tensor, known: tf.Tensor, scores: tf.Tensor, power: float
) -> tf.Tensor:
  """Returns `[b, h, w]` float32, `n^-power` of the class of each cell."""
  cells = tf.one_hot(classes, scores.shape[-1])  # No row for VOID.
  counts = tf.reduce_sum(cells, axis=[0, 1, 2])
  return tf.gather(tf.maximum(counts, 1.0) ** -power, known)


def all_losses(
  scores: tf.Tensor,
  classes: tf.Tensor,
  penalties: Sequence[tf.Tensor],
  class_weight_power: float = 0.0,
) -> dict[str, tf.Tensor]:
  """Returns the float32 scalars of `NAMES`.

  Args:
    scores: as of `pixel_loss`.
    classes: as of `pixel_loss`.
    penalties: scalar losses of the model, such as weight decay.
    class_weight_power: as of `pixel_loss`.
  """
  loss = pixel_loss(scores, classes, class_weight_power)
  total = loss + tf.reduce_sum(penalties) if penalties else loss
  return {'total_loss': total, 'pixel_loss': loss}
