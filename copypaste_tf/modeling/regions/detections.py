"""Chooses detections from the predictions of the box head."""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.modeling.rpn import proposals


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

  As in the published code (tensorflow/tpu).

  Args:
    logits: `[b, n, k]` float32 logits of `n` regions; class 0 is the
      background.
    boxes: `[b, n, 1 or k, 4]` float32 `(ymin, xmin, ymax, xmax)` in input
      pixels, clipped to the image: one box for all classes or one for each.
    pre_nms_top_k: number of boxes of each class that enter NMS.
    nms_iou_threshold: NMS removes a box whose IoU with a better one is at
      least this, in [0, 1].
    score_threshold: boxes with a score at or below this are no detections.
    limit: largest number of detections of a class, and of an image.

  Returns:
    The `Detections`.
  """
  scores = tf.transpose(tf.nn.softmax(logits), [0, 2, 1])[:, 1:]  # [b, k-1, n]
  boxes = tf.transpose(boxes, [0, 2, 1, 3])  # [b, 1 or k, n, 4]
  boxes = boxes[:, 1:] if boxes.shape[1] > 1 else boxes
  top_k = min(pre_nms_top_k, logits.shape[1])
  # One image at a time: the IoU matrices of all classes take 100 MB an image.
  boxes, scores = tf.map_fn(
    lambda x: _suppress_classes(
      *x,
      top_k=top_k,
      limit=min(limit, top_k),
      iou_threshold=nms_iou_threshold,
      score_threshold=score_threshold,
    ),
    (boxes, scores),
    fn_output_signature=(tf.float32, tf.float32),
    parallel_iterations=1,
  )
  return _keep_best(boxes, scores, limit)


def _suppress_classes(
  boxes, scores, *, top_k, limit, iou_threshold, score_threshold
):
  """Applies NMS to each class of one image.

  Returns:
    `[k - 1, limit, 4]` boxes and `[k - 1, limit]` scores.
  """
  scores, index = tf.math.top_k(scores, top_k)
  boxes = tf.broadcast_to(boxes, [scores.shape[0], *boxes.shape[1:]])
  return proposals.suppress(
    tf.gather(boxes, index, batch_dims=1),
    scores,
    limit=limit,
    iou_threshold=iou_threshold,
    score_threshold=score_threshold,
  )


def _keep_best(boxes: tf.Tensor, scores: tf.Tensor, limit: int) -> Detections:
  """Keeps the best of `[b, k - 1, n, 4]` boxes by `[b, k - 1, n]` scores."""
  num_classes, n = scores.shape[1:]
  scores = tf.reshape(scores, [-1, num_classes * n])
  scores, index = tf.math.top_k(scores, min(limit, num_classes * n))
  boxes = tf.reshape(boxes, [-1, num_classes * n, 4])
  valid = scores > 0.0
  return Detections(
    tf.gather(boxes, index, batch_dims=1),
    tf.where(valid, scores, 0.0),
    tf.where(valid, index // n + 1, 0),
    tf.reduce_sum(tf.cast(valid, tf.int32), axis=1),
  )
