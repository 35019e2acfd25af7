"""Matches anchors with ground-truth objects and encodes the matched boxes.

The rules are those of Faster R-CNN (section 3.1.2) as implemented in Model
Garden. An anchor is positive if its IoU with an object is at least
`match_threshold`, or if it is the anchor of largest IoU with an object. It is
negative if its IoU with all objects is below `unmatched_threshold`, and ignored
otherwise.
"""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.examples import Regions

IGNORED, NEGATIVE, POSITIVE = -1, 0, 1
_OBJECTS_PER_ROUND = 10
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
  anchors: tf.Tensor,
  boxes: tf.Tensor,
  classes: tf.Tensor,
  *,
  match_threshold: float,
  unmatched_threshold: float,
  crowd: tf.Tensor | None = None,
) -> Matches:
  """Labels anchors by their IoU with the objects.

  Ties go to the first anchor and to the first object. A loop compares the
  anchors with `_OBJECTS_PER_ROUND` objects at a time, always over all rows: a
  GPU or a TPU waits for each round, and for each decision about the next one.

  Args:
    anchors: `[A, 4]` float32 `(ymin, xmin, ymax, xmax)` in input pixels.
    boxes: `[b, m, 4]` float32 boxes of the objects in input pixels.
    classes: `[b, m]` int32, from 1; 0 marks padding.
    match_threshold: smallest IoU of a positive anchor, in [0, 1].
    unmatched_threshold: IoU below which an anchor is negative, in
      [0, `match_threshold`].
    crowd: `[b, m]` bool, true for a box of many objects. The part of an anchor
      within it takes the place of the IoU, as in COCO's evaluation.

  Returns:
    The `Matches`.
  """
  m = boxes.shape[1]
  shape = [tf.shape(boxes)[0], anchors.shape[0]]
  valid = classes > 0
  # A box of zeros has IoU 0 with every anchor.
  boxes = tf.where(valid[..., tf.newaxis], tf.cast(boxes, tf.float32), 0.0)
  boxes = _rounds(boxes)
  rounds, _, count, _ = boxes.shape
  # XLA would round products within the loop otherwise, which breaks ties.
  edges = tf.unstack(anchors, axis=-1)
  areas, box_areas = _area(edges), _area(tf.split(boxes, 4, axis=-1))
  crowds = None if crowd is None else _rounds(crowd[..., tf.newaxis])

  def visit(i, best, index, anchor_of, found):
    of_many = None if crowds is None else crowds[i]
    iou = _overlap(edges, areas, boxes[i], box_areas[i], of_many)
    anchor_of = anchor_of.write(i, tf.argmax(iou, 2, output_type=tf.int32))
    found = found.write(i, tf.reduce_max(iou, axis=2) > 0.0)
    for j, of_object in enumerate(tf.unstack(iou, axis=1)):
      index = tf.where(of_object > best, i * count + j, index)
      best = tf.maximum(of_object, best)
    return i + 1, best, index, anchor_of, found

  _, best, index, anchor_of, found = tf.while_loop(
    lambda i, *_: i < rounds,
    visit,
    (
      0,
      tf.fill(shape, -1.0),
      tf.zeros(shape, tf.int32),
      tf.TensorArray(tf.int32, rounds),
      tf.TensorArray(tf.bool, rounds),
    ),
  )
  best = tf.where(tf.reduce_any(valid, axis=1, keepdims=True), best, -1.0)
  forced = _first_objects(anchor_of.stack(), found.stack(), tf.fill(shape, m))
  labels = tf.where(best < unmatched_threshold, NEGATIVE, IGNORED)
  positive = (best >= match_threshold) | (forced < m)
  return Matches(
    tf.where(positive, POSITIVE, labels), tf.where(forced < m, forced, index)
  )


def ignore_anchors(
  labels: tf.Tensor,
  anchors: tf.Tensor,
  regions: Regions,
  *,
  match_threshold: float,
  unmatched_threshold: float,
) -> tf.Tensor:
  """Ignores negative anchors that overlap an ignored region.

  These are the negative anchors that would not be negative if the region were
  an object. Positive anchors stay: an object may lie in a crowd.

  Args:
    labels: `[b, A]` int32: 1 positive, 0 negative, -1 ignored.
    anchors: `[A, 4]` float32 `(ymin, xmin, ymax, xmax)` in input pixels.
    regions: the regions of each image.
    match_threshold: see `match_anchors`.
    unmatched_threshold: see `match_anchors`.

  Returns:
    `[b, A]` int32, the new labels.
  """
  sides = regions.boxes[..., 2:] - regions.boxes[..., :2]
  matches = match_anchors(
    anchors,
    regions.boxes,
    tf.cast(tf.reduce_all(sides > 0, axis=-1), tf.int32),
    match_threshold=match_threshold,
    unmatched_threshold=unmatched_threshold,
    crowd=regions.crowd,
  )
  unsure = (labels == NEGATIVE) & (matches.labels != NEGATIVE)
  return tf.where(unsure, IGNORED, labels)


def _rounds(rows: tf.Tensor) -> tf.Tensor:
  """Splits `[b, m, ...]` into `[rounds, b, objects, ...]`, padded with 0."""
  m = rows.shape[1]
  rounds = max(1, -(-m // _OBJECTS_PER_ROUND))
  count = -(-m // rounds)
  padding = [[0, 0]] * rows.shape.rank
  padding[1] = [0, rounds * count - m]
  shape = [-1, rounds, count, *rows.shape[2:]]
  rows = tf.reshape(tf.pad(rows, padding), shape)
  return tf.transpose(rows, [1, 0, *range(2, rows.shape.rank)])


def _first_objects(anchor_of, found, none) -> tf.Tensor:
  """Finds the first object that has an anchor as its best one.

  Args:
    anchor_of: `[rounds, b, count]` int32, the best anchor of each object.
    found: `[rounds, b, count]` bool, false if the object overlaps no anchor.
    none: `[b, A]` int32, the result for other anchors: above all rows.

  Returns:
    `[b, A]` int32 rows of objects.
  """
  rounds, _, count = found.shape
  row = tf.range(rounds * count)
  row = tf.reshape(row, [rounds, 1, count])
  image = tf.range(tf.shape(none)[0])[:, tf.newaxis]
  return tf.tensor_scatter_nd_min(
    none,
    tf.stack([tf.broadcast_to(image, tf.shape(found)), anchor_of], axis=-1),
    tf.where(found, row, none[0, 0]),
  )


def encode_matches(
  anchors: tf.Tensor, boxes: tf.Tensor, matches: Matches
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
  anchor_center, anchor_size = _center_and_size(anchors)
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


def _area(edges: list[tf.Tensor]) -> tf.Tensor:
  top, left, bottom, right = edges
  return (bottom - top) * (right - left)


def _overlap(edges, areas, boxes, box_areas, crowd) -> tf.Tensor:
  """Returns the `[b, k, A]` IoU of the anchors with `k` boxes of each image.

  Args:
    edges: four `[A]` float32, the edges of the anchors.
    areas: `[A]` float32.
    boxes: `[b, k, 4]` float32.
    box_areas: `[b, k, 1]` float32.
    crowd: `[b, k, 1]` bool, boxes with the part of the anchor in place of the
      IoU; or None.
  """
  ymin, xmin, ymax, xmax = tf.split(boxes, 4, axis=-1)  # [b, k, 1]
  top, left, bottom, right = edges
  height = tf.maximum(tf.minimum(ymax, bottom) - tf.maximum(ymin, top), 0.0)
  width = tf.maximum(tf.minimum(xmax, right) - tf.maximum(xmin, left), 0.0)
  common = height * width
  union = box_areas + areas - common
  if crowd is not None:
    union = tf.where(crowd, areas, union)
  return tf.math.divide_no_nan(common, union)
