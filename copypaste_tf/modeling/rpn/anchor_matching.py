"""Matches anchors with ground-truth objects and encodes the matched boxes.

The rules are those of Faster R-CNN (section 3.1.2) as implemented in Model
Garden. An anchor is positive if its IoU with an object is at least
`match_threshold`, or if it is the anchor of largest IoU with an object. It is
negative if its IoU with all objects is below `unmatched_threshold`, and ignored
otherwise.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

IGNORED, NEGATIVE, POSITIVE = -1, 0, 1
_EPSILON = 1e-8  # The box coder of Model Garden adds it to each side.


class Matches(NamedTuple):
  """Labels and objects of `A` anchors.

  Attributes:
    labels: `[b, A]` int32: 1 positive, 0 negative, -1 ignored.
    indices: `[b, A]` int32 row of the matched object in [0, m); only
      meaningful for positive anchors.
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
  """Labels anchors by their IoU with the objects.

  Ties go to the first anchor and to the first object. A loop visits the objects
  one by one: it needs the memory of a few `[b, A]` tensors, and it stops after
  the last object, before the padding.

  Args:
    anchors: `[A, 4]` float32 `(ymin, xmin, ymax, xmax)` in input pixels.
    boxes: `[b, m, 4]` float32 boxes of the objects in input pixels.
    classes: `[b, m]` int32, from 1; 0 marks padding.
    match_threshold: smallest IoU of a positive anchor, in [0, 1].
    unmatched_threshold: IoU below which an anchor is negative, in
      [0, `match_threshold`].

  Returns:
    The `Matches`.
  """
  boxes, valid = tf.cast(boxes, tf.float32), classes > 0
  m = boxes.shape[1]
  shape = [tf.shape(boxes)[0], len(anchors)]

  # `forced` is the first object that has the anchor as its best one, else m.
  def visit(j, best, index, forced):
    iou = tf.where(valid[:, j, tf.newaxis], _iou(anchors, boxes[:, j]), -1.0)
    index = tf.where(iou > best, j, index)
    forced = tf.where(_is_best(iou) & (forced == m), j, forced)
    return j + 1, tf.maximum(iou, best), index, forced

  end = 1 + tf.reduce_max(tf.where(valid, tf.range(m), -1))
  _, best, index, forced = tf.while_loop(
    lambda j, *_: j < end,
    visit,
    (0, tf.fill(shape, -1.0), tf.zeros(shape, tf.int32), tf.fill(shape, m)),
  )
  labels = tf.where(best < unmatched_threshold, NEGATIVE, IGNORED)
  positive = (best >= match_threshold) | (forced < m)
  return Matches(
    tf.where(positive, POSITIVE, labels), tf.where(forced < m, forced, index)
  )


def encode_matches(
  anchors: np.ndarray, boxes: tf.Tensor, matches: Matches
) -> tf.Tensor:
  """Encodes the matched boxes relative to their anchors.

  Here a box is `ymax - ymin` high, as in Model Garden; `box_coding` counts one
  pixel more.

  Args:
    anchors: `[A, 4]` float32 `(ymin, xmin, ymax, xmax)` in input pixels.
    boxes: `[b, m, 4]` float32 boxes of the objects in input pixels.
    matches: the `Matches` of the anchors with these objects.

  Returns:
    `[b, A, 4]` float32 `(ty, tx, th, tw)`, no unit; 0 unless positive.
  """
  boxes = tf.gather(tf.cast(boxes, tf.float32), matches.indices, batch_dims=1)
  center, size = _center_and_size(boxes)
  anchor_center, anchor_size = _center_and_size(tf.constant(anchors))
  codes = tf.concat(
    [(center - anchor_center) / anchor_size, tf.math.log(size / anchor_size)],
    axis=-1,
  )
  # Padding rows have size 0; their logarithm must not reach the loss.
  return tf.where(matches.labels[..., tf.newaxis] == POSITIVE, codes, 0.0)


def _center_and_size(boxes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns `[..., 2]` centres and sizes of boxes in pixels."""
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
  """Marks the anchor of largest IoU in each image.

  Returns:
    `[b, A]` bool: true at the first maximum of a row, if it is above 0.
  """
  best = tf.argmax(iou, axis=1, output_type=tf.int32)
  return (tf.range(iou.shape[1]) == best[:, tf.newaxis]) & (iou > 0.0)
