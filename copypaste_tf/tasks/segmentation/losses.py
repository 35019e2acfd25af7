"""The loss of the pixels, and its sum with weight decay."""

from collections.abc import Sequence

import tensorflow as tf

from copypaste_tf.examples import VOID

# Training minimises the first one; the other leaves out weight decay.
NAMES = ('total_loss', 'pixel_loss')


def pixel_loss(scores: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
  """Computes the mean cross-entropy of the cells that have a label.

  As published (Zoph et al. 2020): the mean is over the batch of one replica,
  and the gradients are averaged over the replicas.

  Args:
    scores: `[b, h, w, k]` float32 logits.
    classes: `[b, h, w]` int32 in [0, k), or `VOID`. Another class gives NaN, or
      an error on a CPU.

  Returns:
    Float32 scalar, at least 0; 0 if no cell has a label.
  """
  labelled = classes != VOID
  loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
    labels=tf.where(labelled, classes, 0), logits=scores
  )
  count = tf.reduce_sum(tf.cast(labelled, tf.float32))
  total = tf.reduce_sum(tf.where(labelled, loss, 0.0))
  return total / tf.maximum(count, 1.0)


def all_losses(
  scores: tf.Tensor, classes: tf.Tensor, penalties: Sequence[tf.Tensor]
) -> dict[str, tf.Tensor]:
  """Returns the float32 scalars of `NAMES`.

  Args:
    scores: as of `pixel_loss`.
    classes: as of `pixel_loss`.
    penalties: scalar losses of the model, such as weight decay.
  """
  loss = pixel_loss(scores, classes)
  total = loss + tf.reduce_sum(penalties) if penalties else loss
  return {'total_loss': total, 'pixel_loss': loss}
