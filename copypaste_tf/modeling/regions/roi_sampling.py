"""Matches regions with ground truth and samples those that train the heads.

The rules are those of Fast R-CNN (section 2.3) and Cascade R-CNN as published
(tensorflow/tpu).
"""

from typing import Any, NamedTuple

import tensorflow as tf

from copypaste_tf.examples import ABSENT, Regions
from copypaste_tf.modeling import box_coding
from copypaste_tf.modeling.regions import ignoring


class Targets(NamedTuple):
  """Regions and the ground truth that they are matched with.

  Attributes:
    rois: `[b, n, 4]` float32 `(ymin, xmin, ymax, xmax)` in input pixels.
    classes: `[b, n]` int32 class of the matched object; 0 is the background, -1
      is ignored.
    boxes: `[b, n, 4]` float32 box of the matched object in input pixels; 0
      where no object overlaps the region.
    indices: `[b, n]` int32 row of the matched object in [0, m); 0 in the
      background.
  """

  rois: tf.Tensor
  classes: tf.Tensor
  boxes: tf.Tensor
  indices: tf.Tensor


class GroundTruth(NamedTuple):
  """The labels of a batch of `b` images.

  Attributes:
    boxes: `[b, m, 4]` float32 boxes of the objects in input pixels; negative in
      padding rows.
    classes: `[b, m]` int classes of the objects, from 1.
    masks: the masks of the objects for the mask head, which is not trained if
      they are None.
    ignored: what is neither object nor background.
  """

  boxes: tf.Tensor
  classes: tf.Tensor
  masks: Any = None
  ignored: Regions | tuple[()] = ABSENT


def match(
  rois: tf.Tensor, truth: GroundTruth, *, foreground_iou: float
) -> Targets:
  """Matches each region with the object of largest IoU.

  Args:
    rois: `[b, n, 4]` float32 `(ymin, xmin, ymax, xmax)` in input pixels.
    truth: the labels.
    foreground_iou: a region with a smaller IoU is background, in [0, 1], or
      ignored if it overlaps an ignored region by at least this.

  Returns:
    The `Targets` of all regions.
  """
  iou, index = _best_iou(rois, truth.boxes)
  targets = _gather_targets(rois, truth, index, iou)
  near = ignoring.near(rois, truth.ignored, foreground_iou)
  return _as_background(targets, iou < foreground_iou, near)


def sample(
  rois: tf.Tensor,
  truth: GroundTruth,
  keys: tf.Tensor,
  *,
  num_samples: int,
  foreground_fraction: float,
  foreground_iou: float,
  background_iou: float,
  sample_padding: bool,
) -> Targets:
  """Samples a minibatch from the proposals and the ground-truth boxes.

  The candidates are the proposals, then the boxes of the labels. A background
  candidate that overlaps an ignored region by at least `background_iou` is
  ignored.

  Args:
    rois: `[b, n, 4]` float32 proposals `(ymin, xmin, ymax, xmax)` in input
      pixels.
    truth: the labels, with `m` rows.
    keys: `[b, n + m]` float32 in [0, 1), random; candidates with the largest
      keys are sampled.
    num_samples: number of regions to sample in an image.
    foreground_fraction: largest share of foreground regions, in [0, 1].
    foreground_iou: a candidate is foreground if its IoU is above this.
    background_iou: a candidate is background if its IoU is below this.
    sample_padding: padding rows of the labels are candidates too, as published:
      they have IoU 0 and are background.

  Returns:
    The `Targets` of `num_samples` regions, in the order of the candidates. If
    there are too few, regions between the two thresholds and ignored ones fill
    the minibatch.
  """
  rois = tf.concat([rois, truth.boxes], axis=1)
  iou, index = _best_iou(rois, truth.boxes)
  positive = iou > foreground_iou
  negative = (iou >= 0.0) & (iou < background_iou)
  near = ignoring.near(rois, truth.ignored, background_iou)
  drawn = negative if near is None else negative & ~near
  if not sample_padding:
    padding = _padding(truth.boxes)
    proposals = tf.zeros_like(negative[:, : -padding.shape[1]])
    drawn &= ~tf.concat([proposals, padding], axis=1)
  limit = tf.cast(num_samples * foreground_fraction, tf.int32)
  sampled = _mark_largest(positive, keys, tf.fill(tf.shape(keys)[:1], limit))
  count = tf.reduce_sum(tf.cast(sampled, tf.int32), axis=1)
  sampled |= _mark_largest(drawn, keys, num_samples - count)
  _, rows = tf.math.top_k(tf.cast(sampled, tf.int32), num_samples)
  targets = _gather_targets(rois, truth, index, iou)
  targets = _as_background(targets, negative, near)
  return Targets(*(tf.gather(x, rows, batch_dims=1) for x in targets))


def content_keys(rois: tf.Tensor, count: int) -> tf.Tensor:
  """Draws random keys with a seed computed from the proposals.

  The bits of the proposals differ in each batch and each step, so no seed has
  to be passed, and the same batch and weights give the same keys.

  Args:
    rois: `[b, n, 4]` float32 proposals in input pixels.
    count: number of keys of each image.

  Returns:
    `[b, count]` float32 in [0, 1).
  """
  bits = tf.bitcast(tf.stop_gradient(rois), tf.int32)
  seed = tf.reduce_sum(bits, axis=[0, 1])
  shape = [tf.shape(rois)[0], count]
  return tf.random.stateless_uniform(shape, seed[:2] ^ seed[2:], alg='philox')


def box_targets(targets: Targets, stage: int) -> tf.Tensor:
  """Encodes the matched boxes relative to their regions.

  Args:
    targets: the `Targets` of `n` regions.
    stage: stage of the cascade, from 0; chooses the weights of the codes.

  Returns:
    `[b, n, 4]` float32 `(ty, tx, th, tw)`, no unit; 0 in the background.
  """
  codes = box_coding.encode(
    targets.boxes, targets.rois, box_coding.STAGE_WEIGHTS[stage]
  )
  return tf.where(targets.classes[..., tf.newaxis] > 0, codes, 0.0)


def _best_iou(rois: tf.Tensor, boxes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  """Finds the object of largest IoU for each region.

  Returns:
    `[b, n]` float32 IoU in [0, 1], -1 in an image without rows of objects; and
    `[b, n]` int32 row of the object.
  """
  low = tf.maximum(rois[:, :, tf.newaxis, :2], boxes[:, tf.newaxis, :, :2])
  high = tf.minimum(rois[:, :, tf.newaxis, 2:], boxes[:, tf.newaxis, :, 2:])
  common = tf.reduce_prod(tf.maximum(high - low, 0.0), axis=-1)  # [b, n, m]
  areas = _area(rois)[:, :, tf.newaxis] + _area(boxes)[:, tf.newaxis]
  iou = tf.math.divide_no_nan(common, areas - common)
  iou = tf.where(_padding(boxes)[:, tf.newaxis], -1.0, iou)
  index = tf.argmax(iou, axis=-1, output_type=tf.int32)
  return tf.reduce_max(iou, axis=-1), index


def _padding(boxes: tf.Tensor) -> tf.Tensor:
  """Marks the `[b, m]` rows of `boxes` without an object."""
  return tf.reduce_max(boxes, axis=-1) < 0.0


def _area(boxes: tf.Tensor) -> tf.Tensor:
  return tf.reduce_prod(boxes[..., 2:] - boxes[..., :2], axis=-1)


def _gather_targets(rois, truth, index, iou) -> Targets:
  """Gathers the objects of the regions; zeros where the IoU is 0."""
  classes = tf.gather(tf.cast(truth.classes, tf.int32), index, batch_dims=1)
  boxes = tf.gather(truth.boxes, index, batch_dims=1)
  overlaps = iou > 0.0
  return Targets(
    rois,
    tf.where(overlaps, classes, 0),
    tf.where(overlaps[..., tf.newaxis], boxes, 0.0),
    tf.where(overlaps, index, 0),
  )


def _as_background(targets: Targets, background, near) -> Targets:
  """Sets class and row of regions to 0; ignores those near ignored ones.

  Args:
    targets: the targets of `n` regions.
    background: `[b, n]` bool.
    near: `[b, n]` bool, or None.

  Returns:
    The new targets.
  """
  ignored = None if near is None else background & near
  return targets._replace(
    classes=ignoring.mark(tf.where(background, 0, targets.classes), ignored),
    indices=tf.where(background, 0, targets.indices),
  )


def _mark_largest(
  candidates: tf.Tensor, keys: tf.Tensor, limits: tf.Tensor
) -> tf.Tensor:
  """Marks the candidates with the largest keys in each row.

  Args:
    candidates: `[b, n]` bool.
    keys: `[b, n]` float32 in [0, 1).
    limits: `[b]` int32, the largest number of marks in a row.

  Returns:
    `[b, n]` bool.
  """
  keys = tf.where(candidates, keys, -1.0)
  order = tf.argsort(keys, direction='DESCENDING', stable=True)
  rank = tf.argsort(order, stable=True)
  return candidates & (rank < limits[:, tf.newaxis])
