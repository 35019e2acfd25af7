"""Chooses proposals from the predictions of the RPN head."""

import functools
import math
from collections.abc import Mapping

import tensorflow as tf

from copypaste_tf.modeling import box_coding
from copypaste_tf.modeling.rpn import suppression
from copypaste_tf.modeling.rpn.anchors import LevelAnchors

_PADDING_SCORE = -1.0


def propose(
  scores: Mapping[str, tf.Tensor],
  codes: Mapping[str, tf.Tensor],
  anchors: Mapping[str, LevelAnchors],
  sizes: tf.Tensor,
  *,
  pre_nms_top_k: int,
  num_proposals: int,
  nms_iou_threshold: float,
  jit_compile: bool,
) -> tuple[tf.Tensor, tf.Tensor]:
  """Chooses the best boxes of each level by NMS, then the best of all levels.

  As in FPN (section 4.1) and the published code (tensorflow/tpu).

  Args:
    scores: `{level: [b, h_l, w_l, a]}` float32 logits of the anchors.
    codes: `{level: [b, h_l, w_l, 4 * a]}` float32 box codes relative to the
      anchors.
    anchors: the anchors by level.
    sizes: `[b, 2]` int or float, height and width of the images in pixels.
    pre_nms_top_k: number of boxes of each level that enter NMS.
    num_proposals: number of boxes to keep, of each level and of all levels.
    nms_iou_threshold: NMS removes a box whose IoU with a better one is at
      least this, in (0, 1].
    jit_compile: compile NMS with XLA, also within a plain graph.

  Returns:
    `[b, n, 4]` float32 boxes in input pixels, clipped to the image, and
    `[b, n]` float32 scores in [0, 1], best first. Padding rows follow the last
    proposal: boxes of zeros with score -1.
  """
  levels = sorted(scores, key=int)
  counts = [min(pre_nms_top_k, math.prod(anchors[x].grid)) for x in levels]
  candidates = []
  for level, count in zip(levels, counts, strict=True):
    level_scores, index = tf.math.top_k(tf.sigmoid(_rows(scores[level])), count)
    boxes = box_coding.decode(
      tf.gather(_rows(codes[level], 4), index, batch_dims=1),
      anchors[level].take(index),
      box_coding.UNWEIGHTED,
    )
    boxes = box_coding.clip(boxes, sizes)
    padding = [[0, 0], [0, max(counts) - count]]
    candidates.append(
      (
        tf.pad(boxes, [*padding, [0, 0]]),
        tf.pad(level_scores, padding, constant_values=_PADDING_SCORE),
      )
    )
  boxes, scores = (tf.stack(x, axis=1) for x in zip(*candidates, strict=True))
  return _best(
    boxes,
    scores,
    limit=min(num_proposals, sum(min(x, num_proposals) for x in counts)),
    iou_threshold=nms_iou_threshold,
    jit_compile=jit_compile,
  )


def _best(boxes, scores, *, limit, iou_threshold, jit_compile):
  """Applies NMS to each list, then keeps the best boxes of all lists.

  Args:
    boxes: `[b, l, n, 4]` float32, `l` lists for each image, best first. Boxes
      of zeros are no candidates.
    scores: `[b, l, n]` float32, descending.
    limit: number of boxes to keep of an image.
    iou_threshold: see `suppression.suppress`.
    jit_compile: see `propose`.

  Returns:
    `[b, limit, 4]` boxes and `[b, limit]` scores, as of `propose`.
  """
  _, lists, n, _ = boxes.shape
  suppress = functools.partial(
    suppression.suppress, iou_threshold=iou_threshold
  )
  if jit_compile:
    suppress = tf.function(suppress, jit_compile=True, autograph=False)
  kept = suppress(
    tf.stop_gradient(tf.reshape(boxes, [-1, n, 4])),
    tf.reshape(tf.reduce_any(boxes > 0.0, axis=-1), [-1, n]),
  )
  scores = tf.reshape(scores, [-1, lists * n])
  kept = tf.reshape(kept, [-1, lists * n])
  scores = tf.where(kept, scores, _PADDING_SCORE)
  scores, index = tf.math.top_k(scores, limit)
  boxes = tf.gather(tf.reshape(boxes, [-1, lists * n, 4]), index, batch_dims=1)
  padding = scores == _PADDING_SCORE
  return tf.where(padding[..., tf.newaxis], 0.0, boxes), scores


def _rows(x: tf.Tensor, channels: int | None = None) -> tf.Tensor:
  """Flattens `[b, h, w, a * c]` to `[b, h * w * a]` or `[b, h * w * a, c]`."""
  count = x.shape[1] * x.shape[2] * x.shape[3]
  if channels is None:
    return tf.reshape(x, [-1, count])
  return tf.reshape(x, [-1, count // channels, channels])
