"""From the scores and codes of anchors to proposals of regions."""

from collections.abc import Mapping

import tensorflow as tf

from copypaste_tf.modeling import box_coding

_NO_SCORE = -1.0


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
  """Chooses the best boxes of each level, then of all levels.

  Args:
    scores: `{level: [b, h_l, w_l, a]}` float32 logits.
    codes: `{level: [b, h_l, w_l, 4 * a]}` float32.
    anchors: `{level: [b, h_l, w_l, 4 * a]}` float32 pixels.
    sizes: `[b, 2]` height and width of the images in pixels.
    pre_nms_top_k: boxes of each level that are compared.
    num_proposals: boxes of each level that remain, and boxes in the end.
    nms_iou_threshold: a box goes when a better one overlaps it this much.

  Returns:
    `[b, n, 4]` float32 pixels and `[b, n]` float32 scores in [0, 1], best
    first; behind the last proposal boxes are zero and scores are -1.
  """
  chosen = []
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
    chosen.append(
      suppress(
        boxes,
        level_scores,
        limit=min(k, num_proposals),
        iou_threshold=nms_iou_threshold,
      )
    )
  boxes, scores = (tf.concat(x, axis=1) for x in zip(*chosen, strict=True))
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
  """Keeps the boxes that no better box overlaps.

  Args:
    boxes: `[b, n, 4]` float32 pixels, best first.
    scores: `[b, n]` float32, descending.
    limit: boxes to keep, at most n.
    iou_threshold: a box goes when a better one overlaps it this much.
    score_threshold: boxes that do not exceed it neither stay nor suppress.

  Returns:
    `[b, limit, 4]` boxes and `[b, limit]` scores, best first; behind the last
    one boxes are zero and scores are -1.
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
    tf.where(valid, scores, _NO_SCORE),
  )


def _rows(x: tf.Tensor, channels: int | None = None) -> tf.Tensor:
  """Flattens `[b, h, w, a * c]` to `[b, h * w * a]` or `[b, h * w * a, c]`."""
  count = x.shape[1] * x.shape[2] * x.shape[3]
  if channels is None:
    return tf.reshape(x, [-1, count])
  return tf.reshape(x, [-1, count // channels, channels])


def _take(x: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
  return tf.gather(_rows(x, 4), index, batch_dims=1)
