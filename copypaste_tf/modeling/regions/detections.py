"""Chooses detections from the predictions of the box head."""

from typing import NamedTuple

import tensorflow as tf

_TAKEN = -1.0  # Score of a box that is no candidate: below every threshold.
_EPSILON = 1e-8  # As in `tf.image.non_max_suppression_padded`.


class Detections(NamedTuple):
  """Detections of a batch of images.

  The first `counts` rows of an image are its detections; the rows after them
  are padding, all zeros.

  Attributes:
    boxes: `[b, d, 4]` float32 `(ymin, xmin, ymax, xmax)` in input pixels.
    scores: `[b, d]` float32 in [0, 1], descending.
    classes: `[b, d]` int32 in [1, k).
    counts: `[b]` int32 in [0, d], number of detections.
  """

  boxes: tf.Tensor
  scores: tf.Tensor
  classes: tf.Tensor
  counts: tf.Tensor


def detect(
  logits: tf.Tensor,
  boxes: tf.Tensor,
  *,
  pre_nms_top_k: int,
  nms_iou_threshold: float,
  score_threshold: float,
  limit: int,
) -> Detections:
  """Applies NMS to the boxes of each class, then keeps the best of all classes.

  The result is that of the published code (tensorflow/tpu), which runs NMS for
  each class, with 1203 classes in LVIS. At most `limit` detections are kept.
  So this function repeats `limit` times: it takes the best candidate of all
  classes, and removes the boxes of its class that overlap it.

  Args:
    logits: `[b, n, k]` float32 logits of `n` regions; class 0 is the
      background.
    boxes: `[b, n, 1 or k, 4]` float32 `(ymin, xmin, ymax, xmax)` in input
      pixels, clipped to the image: one box for all classes or one for each.
      Boxes of zeros are no candidates.
    pre_nms_top_k: number of boxes of each class that enter NMS.
    nms_iou_threshold: NMS removes a box whose IoU with a better one is at
      least this, in [0, 1].
    score_threshold: boxes with a score at or below this are no detections, in
      [0, 1].
    limit: largest number of detections of a class, and of an image.

  Returns:
    The `Detections`. Of equal scores, the lower class is first, then the lower
    region.
  """
  scores = tf.transpose(tf.nn.softmax(logits), [0, 2, 1])[:, 1:]  # [b, k-1, n]
  boxes = tf.transpose(boxes, [0, 2, 1, 3])  # [b, 1 or k, n, 4]
  boxes = boxes[:, 1:] if boxes.shape[1] > 1 else boxes
  if pre_nms_top_k < scores.shape[2]:
    scores, boxes = _best_of_each_class(scores, boxes, pre_nms_top_k)
  candidate = (scores > score_threshold) & tf.reduce_any(boxes > 0, axis=-1)
  scores = tf.where(candidate, scores, _TAKEN)
  rounds = min(limit, scores.shape[1] * min(limit, scores.shape[2]))
  return _take_best(scores, boxes, nms_iou_threshold, rounds)


def _best_of_each_class(scores, boxes, count):
  """Returns the `[b, k - 1, count]` best scores and their boxes."""
  scores, index = tf.math.top_k(scores, count)
  if boxes.shape[1] == 1:
    return scores, tf.gather(boxes[:, 0], index, batch_dims=1)
  return scores, tf.gather(boxes, index, batch_dims=2)


def _take_best(scores, boxes, iou_threshold, rounds) -> Detections:
  """Takes the best candidate of each image, `rounds` times.

  A round reads and writes one class of each image. So the best score of each
  class is kept beside the scores.
  """
  batch = tf.range(tf.shape(scores)[0])
  width = scores.shape[2]

  def take(i, scores, best, taken):
    classes = tf.argmax(best, axis=1, output_type=tf.int32)
    at = tf.stack([batch, classes], axis=1)
    row = tf.gather_nd(scores, at)  # [b, n]
    index = tf.argmax(row, axis=1, output_type=tf.int32)
    row_boxes = boxes[:, 0] if boxes.shape[1] == 1 else tf.gather_nd(boxes, at)
    box = tf.gather(row_boxes, index, batch_dims=1)
    gone = _iou(box[:, tf.newaxis], row_boxes) >= iou_threshold
    gone |= tf.one_hot(index, width, on_value=True, off_value=False)
    row = tf.where(gone, _TAKEN, row)
    values = (box, tf.gather_nd(best, at), classes + 1)
    return (
      i + 1,
      tf.tensor_scatter_nd_update(scores, at, row),
      tf.tensor_scatter_nd_update(best, at, tf.reduce_max(row, axis=1)),
      [x.write(i, value) for x, value in zip(taken, values, strict=True)],
    )

  taken = [
    tf.TensorArray(dtype, rounds)
    for dtype in (tf.float32, tf.float32, tf.int32)
  ]
  *_, taken = tf.while_loop(
    lambda i, *_: i < rounds,
    take,
    (0, scores, tf.reduce_max(scores, axis=2), taken),
  )
  return _without_padding(*(_batch_first(x.stack()) for x in taken))


def _batch_first(x: tf.Tensor) -> tf.Tensor:
  return tf.transpose(x, [1, 0, *range(2, x.shape.rank)])


def _without_padding(boxes, scores, classes) -> Detections:
  """Replaces the entries after the last candidate by zeros."""
  valid = scores > 0.0
  return Detections(
    tf.where(valid[..., tf.newaxis], boxes, 0.0),
    tf.where(valid, scores, 0.0),
    tf.where(valid, classes, 0),
    tf.reduce_sum(tf.cast(valid, tf.int32), axis=1),
  )


def _iou(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
  """Returns the `[b, n]` IoU of `[b, 1, 4]` and `[b, n, 4]` boxes."""
  low = tf.maximum(a[..., :2], b[..., :2])
  high = tf.minimum(a[..., 2:], b[..., 2:])
  common = tf.reduce_prod(tf.maximum(high - low, 0.0), axis=-1)
  return common / (_area(a) + _area(b) - common + _EPSILON)


def _area(boxes: tf.Tensor) -> tf.Tensor:
  return tf.reduce_prod(boxes[..., 2:] - boxes[..., :2], axis=-1)
