"""Ignores regions of interest that lie near ignored regions.

A region of interest is ignored if it is background, but would not be if the
ignored region were an object. It is no negative sample. If it passes through a
head nevertheless, as in the later stages of a cascade, it has no loss.
"""

import tensorflow as tf

from copypaste_tf.examples import Regions

IGNORED = -1  # The class of a region that is neither an object nor background.
# The loss of such a logit is exactly 0 in float32.
_CERTAIN = 1e4


def near(
  rois: tf.Tensor, ignored: Regions | tuple[()], threshold: float
) -> tf.Tensor | None:
  """Marks the regions that overlap an ignored one.

  Args:
    rois: `[b, n, 4]` float32 `(ymin, xmin, ymax, xmax)` in input pixels.
    ignored: what is ignored; may be `ABSENT`.
    threshold: smallest overlap, in [0, 1]. It is the IoU; with a crowd it is
      the part of the region within the crowd, as in COCO's evaluation.

  Returns:
    `[b, n]` bool, or None if nothing is ignored.
  """
  if not isinstance(ignored, Regions):
    return None
  boxes = ignored.boxes
  low = tf.maximum(rois[:, :, tf.newaxis, :2], boxes[:, tf.newaxis, :, :2])
  high = tf.minimum(rois[:, :, tf.newaxis, 2:], boxes[:, tf.newaxis, :, 2:])
  common = tf.reduce_prod(tf.maximum(high - low, 0.0), axis=-1)  # [b, n, i]
  areas = _area(rois)[:, :, tf.newaxis]
  crowd = ignored.crowd[:, tf.newaxis]
  others = tf.where(crowd, 0.0, _area(boxes)[:, tf.newaxis] - common)
  overlap = tf.math.divide_no_nan(common, areas + others)
  return tf.reduce_any((common > 0.0) & (overlap >= threshold), axis=-1)


def mark(classes: tf.Tensor, ignored: tf.Tensor | None) -> tf.Tensor:
  """Sets the class of ignored regions.

  Args:
    classes: `[b, n]` int32.
    ignored: `[b, n]` bool; None for no region.

  Returns:
    `[b, n]` int32, -1 where regions are ignored.
  """
  return classes if ignored is None else tf.where(ignored, IGNORED, classes)


def settle(
  logits: tf.Tensor, classes: tf.Tensor, ignored: Regions | tuple[()]
) -> tuple[tf.Tensor, tf.Tensor]:
  """Replaces the logits and classes of ignored regions, so their loss is 0.

  The class loss then has neither a value nor a gradient there, with a softmax
  as well as with sigmoids. Means are still over all regions.

  Args:
    logits: `[b, n, k]` float32 logits of a head.
    classes: `[b, n]` int32 in [-1, k); -1 is ignored.
    ignored: what is ignored; may be `ABSENT`.

  Returns:
    `[b, n, k]` logits and `[b, n]` classes: for ignored regions, logits that
    are certain of the background, and class 0; for others, the arguments.
  """
  if not isinstance(ignored, Regions):
    return logits, classes
  rows = classes == IGNORED
  background = tf.one_hot(0, logits.shape[-1], _CERTAIN, -_CERTAIN)
  return (
    tf.where(rows[..., tf.newaxis], tf.cast(background, logits.dtype), logits),
    tf.where(rows, 0, classes),
  )


def _area(boxes: tf.Tensor) -> tf.Tensor:
  return tf.reduce_prod(boxes[..., 2:] - boxes[..., :2], axis=-1)
