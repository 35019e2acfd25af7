"""Which regions the heads are trained on, and on what."""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.modeling import box_coding


class Targets(NamedTuple):
  """What `n` regions of each image are matched with.

  Attributes:
    rois: `[b, n, 4]` float32 pixels.
    classes: `[b, n]` int32; 0 is the background.
    boxes: `[b, n, 4]` float32 pixels of the matched object; 0 where nothing
      overlaps.
    indices: `[b, n]` int32 row of the matched object; 0 in the background.
  """

  rois: tf.Tensor
  classes: tf.Tensor
  boxes: tf.Tensor
  indices: tf.Tensor


def match(
  rois: tf.Tensor,
  boxes: tf.Tensor,
  classes: tf.Tensor,
  *,
  foreground_iou: float,
) -> Targets:
  """Matches every region with the object that it overlaps most.

  Args:
    rois: `[b, n, 4]` float32 pixels.
    boxes: `[b, m, 4]` float32 pixels; negative where there is no object.
    classes: `[b, m]` int.
    foreground_iou: a region with less is background.

  Returns:
    The `Targets` of all regions.
  """
  overlap, index = _best_overlap(rois, boxes)
  matched = _matched(rois, boxes, classes, index, overlap)
  return _without(matched, overlap < foreground_iou)


def sample(
  rois: tf.Tensor,
  boxes: tf.Tensor,
  classes: tf.Tensor,
  keys: tf.Tensor,
  *,
  num_samples: int,
  foreground_fraction: float,
  foreground_iou: float,
  background_iou: float,
) -> Targets:
  """Draws a minibatch out of the proposals and the objects themselves.

  The rows of `boxes` without an object take part, as published: they overlap
  nothing and are background.

  Args:
    rois: `[b, n, 4]` float32 pixels.
    boxes: `[b, m, 4]` float32 pixels; negative where there is no object.
    classes: `[b, m]` int.
    keys: `[b, n + m]` float32 in [0, 1); the largest are drawn.
    num_samples: regions of an image.
    foreground_fraction: largest share of the regions with an object.
    foreground_iou: a region with an object overlaps it by more than this.
    background_iou: a region of the background overlaps all by less.

  Returns:
    The `Targets` of the minibatch, in the order of the candidates. Where there
    are too few candidates, regions between the two thresholds fill it up.
  """
  rois = tf.concat([rois, boxes], axis=1)
  overlap, index = _best_overlap(rois, boxes)
  positive = overlap > foreground_iou
  negative = (overlap >= 0.0) & (overlap < background_iou)
  most = tf.cast(num_samples * foreground_fraction, tf.int32)
  chosen = _draw(positive, keys, tf.fill(tf.shape(keys)[:1], most))
  count = tf.reduce_sum(tf.cast(chosen, tf.int32), axis=1)
  chosen |= _draw(negative, keys, num_samples - count)
  _, rows = tf.math.top_k(tf.cast(chosen, tf.int32), num_samples)
  matched = _matched(rois, boxes, classes, index, overlap)
  matched = _without(matched, negative)
  return Targets(*(tf.gather(x, rows, batch_dims=1) for x in matched))


def content_keys(rois: tf.Tensor, count: int) -> tf.Tensor:
  """Draws `[b, count]` float32 in [0, 1).

  The seed is made of the proposals' own bits: they change with every batch and
  every step, and the training step stays a function of both.

  Args:
    rois: `[b, n, 4]` float32.
    count: numbers to draw for each image.
  """
  bits = tf.bitcast(tf.stop_gradient(rois), tf.int32)
  seed = tf.reduce_sum(bits, axis=[0, 1])
  shape = [tf.shape(rois)[0], count]
  return tf.random.stateless_uniform(shape, seed[:2] ^ seed[2:], alg='philox')


def box_targets(targets: Targets, stage: int) -> tf.Tensor:
  """Returns `[b, n, 4]` float32 codes for a stage; 0 in the background."""
  codes = box_coding.encode(
    targets.boxes, targets.rois, box_coding.STAGE_WEIGHTS[stage]
  )
  return tf.where(targets.classes[..., tf.newaxis] > 0, codes, 0.0)


def _best_overlap(
  rois: tf.Tensor, boxes: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns `[b, n]` largest IoU, -1 without any object, and its index."""
  low = tf.maximum(rois[:, :, tf.newaxis, :2], boxes[:, tf.newaxis, :, :2])
  high = tf.minimum(rois[:, :, tf.newaxis, 2:], boxes[:, tf.newaxis, :, 2:])
  common = tf.reduce_prod(tf.maximum(high - low, 0.0), axis=-1)  # [b, n, m]
  areas = _area(rois)[:, :, tf.newaxis] + _area(boxes)[:, tf.newaxis]
  overlap = tf.math.divide_no_nan(common, areas - common)
  missing = tf.reduce_max(boxes, axis=-1) < 0.0
  overlap = tf.where(missing[:, tf.newaxis], -1.0, overlap)
  index = tf.argmax(overlap, axis=-1, output_type=tf.int32)
  return tf.reduce_max(overlap, axis=-1), index


def _area(boxes: tf.Tensor) -> tf.Tensor:
  return tf.reduce_prod(boxes[..., 2:] - boxes[..., :2], axis=-1)


def _matched(rois, boxes, classes, index, overlap) -> Targets:
  classes = tf.gather(tf.cast(classes, tf.int32), index, batch_dims=1)
  boxes = tf.gather(boxes, index, batch_dims=1)
  overlaps = overlap > 0.0
  return Targets(
    rois,
    tf.where(overlaps, classes, 0),
    tf.where(overlaps[..., tf.newaxis], boxes, 0.0),
    tf.where(overlaps, index, 0),
  )


def _without(matched: Targets, background: tf.Tensor) -> Targets:
  return matched._replace(
    classes=tf.where(background, 0, matched.classes),
    indices=tf.where(background, 0, matched.indices),
  )


def _draw(wanted: tf.Tensor, keys: tf.Tensor, most: tf.Tensor) -> tf.Tensor:
  """Chooses the `most` largest keys of each row out of those wanted."""
  keys = tf.where(wanted, keys, -1.0)
  order = tf.argsort(keys, direction='DESCENDING', stable=True)
  rank = tf.argsort(order, stable=True)
  return wanted & (rank < most[:, tf.newaxis])
