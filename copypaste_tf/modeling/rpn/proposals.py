"""Chooses proposals from the predictions of the RPN head."""

from collections.abc import Mapping

import tensorflow as tf

from copypaste_tf.modeling import box_coding

_PADDING_SCORE = -1.0


def propose(
  scores: Mapping[str, tf.Tensor],
  codes: Mapping[str, tf.Tensor],
  anchors: Mapping[str, tf.Tensor],
  sizes: tf.Tensor,
  *,
  pre_nms_top_k: int,
  num_proposals: int,
  nms_iou_threshold: float,
) -> tuple[tf.Tensor, tf.Tensor]:
  """Chooses the best boxes of each level by NMS, then the best of all levels.

  As in FPN (section 4.1) and the published code (tensorflow/tpu).

  Args:
    scores: `{level: [b, h_l, w_l, a]}` float32 logits of the anchors.
    codes: `{level: [b, h_l, w_l, 4 * a]}` float32 box codes relative to the
      anchors.
    anchors: `{level: [b, h_l, w_l, 4 * a]}` float32 boxes in input pixels.
    sizes: `[b, 2]` int or float, height and width of the images in pixels.
    pre_nms_top_k: number of boxes of each level that enter NMS.
    num_proposals: number of boxes to keep, of each level and of all levels.
    nms_iou_threshold: NMS removes a box whose IoU with a better one is at
      least this, in [0, 1].

  Returns:
    `[b, n, 4]` float32 boxes in input pixels, clipped to the image, and
    `[b, n]` float32 scores in [0, 1], best first. Padding rows follow the last
    proposal: boxes of zeros with score -1.
  """
  candidates = []
  for level in sorted(scores, key=int):
    level_scores = tf.sigmoid(_rows(scores[level]))
    k = min(pre_nms_top_k, level_scores.shape[1])
    level_scores, index = tf.math.top_k(level_scores, k)
    boxes = box_coding.decode(
      _take(codes[level], index),
      _take(tf.cast(anchors[level], tf.float32), index),
      box_coding.UNWEIGHTED,
    )
    boxes = box_coding.clip(boxes, sizes)
    candidates.append(
      suppress(
        boxes,
        level_scores,
        limit=min(k, num_proposals),
        iou_threshold=nms_iou_threshold,
      )
    )
  boxes, scores = (tf.concat(x, axis=1) for x in zip(*candidates, strict=True))
  scores, index = tf.math.top_k(scores, min(num_proposals, scores.shape[1]))
  return tf.gather(boxes, index, batch_dims=1), scores


def suppress(
  boxes: tf.Tensor,
  scores: tf.Tensor,
  *,
  limit: int,
  iou_threshold: float,
  score_threshold: float = float('-inf'),
) -> tuple[tf.Tensor, tf.Tensor]:
  """Applies non-maximum suppression (NMS).

  Args:
    boxes: `[b, n, 4]` float32 `(ymin, xmin, ymax, xmax)` in pixels, best first.
    scores: `[b, n]` float32, descending.
    limit: number of boxes to keep, at most n.
    iou_threshold: a box is removed if its IoU with a better kept box is at
      least this, in [0, 1].
    score_threshold: boxes with a score at or below this are removed first.

  Returns:
    `[b, limit, 4]` float32 boxes and `[b, limit]` float32 scores, best first.
    Padding rows follow the last box: boxes of zeros with score -1.
  """
  index, count = tf.image.non_max_suppression_padded(
    boxes,
    scores,
    limit,
    iou_threshold,
    score_threshold,
    pad_to_max_output_size=True,
    sorted_input=True,
    canonicalized_coordinates=True,
  )
  index = tf.ensure_shape(index, [boxes.shape[0], limit])
  valid = tf.range(limit) < count[:, tf.newaxis]
  boxes = tf.gather(boxes, index, batch_dims=1)
  scores = tf.gather(scores, index, batch_dims=1)
  return (
    tf.where(valid[..., tf.newaxis], boxes, 0.0),
    tf.where(valid, scores, _PADDING_SCORE),
  )


def _rows(x: tf.Tensor, channels: int | None = None) -> tf.Tensor:
  """Flattens `[b, h, w, a * c]` to `[b, h * w * a]` or `[b, h * w * a, c]`."""
  count = x.shape[1] * x.shape[2] * x.shape[3]
  if channels is None:
    return tf.reshape(x, [-1, count])
  return tf.reshape(x, [-1, count // channels, channels])


def _take(x: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
  """Gathers `[b, k, 4]` rows of `[b, h, w, a * 4]` by `[b, k]` indices."""
  return tf.gather(_rows(x, 4), index, batch_dims=1)
