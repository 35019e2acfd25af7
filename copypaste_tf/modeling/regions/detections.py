"""From the box head's outputs to detections."""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.modeling.rpn import proposals


class Detections(NamedTuple):
  """The best boxes of each image; zero behind the last one.

  Attributes:
    boxes: `[b, k, 4]` float32 `(ymin, xmin, ymax, xmax)`, pixels of the input.
    scores: `[b, k]` float32 in [0, 1], descending.
    classes: `[b, k]` int32, from 1.
    counts: `[b]` int32, how many there are.
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
  """Suppresses the boxes of each class, then takes the best of all classes.

  Args:
    logits: `[b, n, k]` float32; class 0 is the background.
    boxes: `[b, n, 1 or k, 4]` float32, pixels of the input, clipped.
    pre_nms_top_k: boxes of each class that are compared.
    nms_iou_threshold: a box goes when a better one overlaps it this much.
    score_threshold: boxes with less are not detections.
    limit: detections of each class, and of an image.

  Returns:
    The `Detections`.
  """
  scores = tf.transpose(tf.nn.softmax(logits), [0, 2, 1])[:, 1:]  # [b, k-1, n]
  boxes = tf.transpose(boxes, [0, 2, 1, 3])  # [b, 1 or k, n, 4]
  boxes = boxes[:, 1:] if boxes.shape[1] > 1 else boxes
  top_k = min(pre_nms_top_k, logits.shape[1])
  # One image at a time: the overlaps of all classes take 100 MB each.
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
  return _best(boxes, scores, limit)


def _suppress_classes(
  boxes, scores, *, top_k, limit, iou_threshold, score_threshold
):
  """Returns `[k - 1, limit, 4]` boxes and scores of one image's classes."""
  scores, index = tf.math.top_k(scores, top_k)
  boxes = tf.broadcast_to(boxes, [scores.shape[0], *boxes.shape[1:]])
  return proposals.suppress(
    tf.gather(boxes, index, batch_dims=1),
    scores,
    limit=limit,
    iou_threshold=iou_threshold,
    score_threshold=score_threshold,
  )


def _best(boxes: tf.Tensor, scores: tf.Tensor, limit: int) -> Detections:
  """Chooses out of `[b, k - 1, n, 4]` boxes and `[b, k - 1, n]` scores."""
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
