"""Which object an anchor belongs to, and where that object is from it.

The rules are those of Faster R-CNN as Model Garden has them: an anchor is
positive from `match_threshold` on, or when it is some object's best anchor;
negative below `unmatched_threshold`; ignored between.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

IGNORED, NEGATIVE, POSITIVE = -1, 0, 1
_EPSILON = 1e-8  # Model Garden's box coder adds it to every side.


class Matches(NamedTuple):
  """What each of `A` anchors was matched with.

  Attributes:
    labels: `[b, A]` int32: 1 positive, 0 negative, -1 ignored.
    indices: `[b, A]` int32 row of the matched object; meaningful where
      positive.
  """

  labels: tf.Tensor
  indices: tf.Tensor


def match_anchors(
  anchors: np.ndarray,
  boxes: tf.Tensor,
  classes: tf.Tensor,
  *,
  match_threshold: float,
  unmatched_threshold: float,
) -> Matches:
  """Labels `[A, 4]` anchors by their IoU with `[b, n, 4]` boxes.

  Ties go to the first anchor and to the first object. The objects are visited
  one after the other, so the memory is that of a few `[b, A]` tensors, and
  padding behind the last object costs nothing.

  Args:
    anchors: `[A, 4]` float32 pixels.
    boxes: `[b, n, 4]` float32 pixels.
    classes: `[b, n]` int32; 0 marks padding.
    match_threshold: least IoU of a positive anchor.
    unmatched_threshold: IoU below which an anchor is negative.

  Returns:
    The `Matches`.
  """
  boxes, valid = tf.cast(boxes, tf.float32), classes > 0
  n = boxes.shape[1]
  shape = [tf.shape(boxes)[0], len(anchors)]

  def visit(j, best, index, forced):
    iou = tf.where(valid[:, j, tf.newaxis], _iou(anchors, boxes[:, j]), -1.0)
    index = tf.where(iou > best, j, index)
    forced = tf.where(_is_best(iou) & (forced == n), j, forced)
    return j + 1, tf.maximum(iou, best), index, forced

  last = 1 + tf.reduce_max(tf.where(valid, tf.range(n), -1))
  _, best, index, forced = tf.while_loop(
    lambda j, *_: j < last,
    visit,
    (0, tf.fill(shape, -1.0), tf.zeros(shape, tf.int32), tf.fill(shape, n)),
  )
  labels = tf.where(best < unmatched_threshold, NEGATIVE, IGNORED)
  positive = (best >= match_threshold) | (forced < n)
  return Matches(
    tf.where(positive, POSITIVE, labels), tf.where(forced < n, forced, index)
  )


def encode_matches(
  anchors: np.ndarray, boxes: tf.Tensor, matches: Matches
) -> tf.Tensor:
  """Returns `[b, A, 4]` float32 `(ty, tx, th, tw)`; 0 unless positive."""
  boxes = tf.gather(tf.cast(boxes, tf.float32), matches.indices, batch_dims=1)
  center, size = _center_and_size(boxes)
  anchor_center, anchor_size = _center_and_size(tf.constant(anchors))
  codes = tf.concat(
    [(center - anchor_center) / anchor_size, tf.math.log(size / anchor_size)],
    axis=-1,
  )
  # Padding rows have no size, and their logarithm would be poison.
  return tf.where(matches.labels[..., tf.newaxis] == POSITIVE, codes, 0.0)


def _center_and_size(boxes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  low, high = boxes[..., :2], boxes[..., 2:]
  return low + (high - low) / 2.0, high - low + _EPSILON


def _iou(anchors: np.ndarray, box: tf.Tensor) -> tf.Tensor:
  """Returns `[b, A]` IoU of `[A, 4]` anchors with one box of each image."""
  ymin, xmin, ymax, xmax = tf.split(box, 4, axis=-1)  # [b, 1]
  top, left, bottom, right = tf.unstack(tf.constant(anchors), axis=-1)  # [A]
  height = tf.maximum(tf.minimum(ymax, bottom) - tf.maximum(ymin, top), 0.0)
  width = tf.maximum(tf.minimum(xmax, right) - tf.maximum(xmin, left), 0.0)
  common = height * width
  areas = (ymax - ymin) * (xmax - xmin) + (bottom - top) * (right - left)
  return tf.math.divide_no_nan(common, areas - common)


def _is_best(iou: tf.Tensor) -> tf.Tensor:
  """Returns `[b, A]` bool: the first maximum of a row, if there is overlap."""
  best = tf.argmax(iou, axis=1, output_type=tf.int32)
  return (tf.range(iou.shape[1]) == best[:, tf.newaxis]) & (iou > 0.0)
