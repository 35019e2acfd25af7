"""RPN targets on the device: label every anchor, then sample a minibatch.

`anchor_matching` has the rules. Model Garden labels on the host, one image at a
time, and its sampler does not compile under XLA; this is one static-shape
function of a batch.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf
from official.vision.ops import anchor

from copypaste_tf.augment.draws import random
from copypaste_tf.modeling.rpn import anchor_matching
from copypaste_tf.modeling.rpn.anchor_matching import (
  IGNORED,
  NEGATIVE,
  POSITIVE,
)


def pyramid_anchors(
  image_size: Sequence[int],
  *,
  min_level: int,
  max_level: int,
  num_scales: int,
  aspect_ratios: Sequence[float],
  anchor_size: float,
) -> dict[str, np.ndarray]:
  """Returns the anchors of each pyramid level, in Model Garden's layout.

  Args:
    image_size: height and width of the model's input in pixels.
    min_level: finest level; its stride is `2 ** min_level` pixels.
    max_level: coarsest level.
    num_scales: sizes of an anchor within one octave.
    aspect_ratios: widths divided by heights.
    anchor_size: side of the square anchor in strides.

  Returns:
    `{level: [h_l, w_l, 4 * a]}` float32, `(ymin, xmin, ymax, xmax)` in pixels.
  """
  # Numbers, not graph tensors, whatever the context of the caller.
  with tf.init_scope():
    levels = anchor.Anchor(
      min_level=min_level,
      max_level=max_level,
      num_scales=num_scales,
      aspect_ratios=list(aspect_ratios),
      anchor_size=anchor_size,
      image_size=list(image_size),
    ).multilevel_boxes
    return {level: boxes.numpy() for level, boxes in levels.items()}


def rpn_targets(
  anchors: Mapping[str, np.ndarray],
  boxes: tf.Tensor,
  classes: tf.Tensor,
  seed: tf.Tensor,
  *,
  match_threshold: float,
  unmatched_threshold: float,
  batch_size_per_image: int,
  foreground_fraction: float,
) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
  """Computes what the region proposal network is trained on.

  Args:
    anchors: `{level: [h_l, w_l, 4 * a]}` float32 pixels.
    boxes: `[b, n, 4]` float32 `(ymin, xmin, ymax, xmax)`, pixels of the same
      grid.
    classes: `[b, n]` int32; 0 marks padding.
    seed: `[2]` int32 for the sampling.
    match_threshold: least IoU of a positive anchor, in [0, 1].
    unmatched_threshold: IoU below which an anchor is negative, in
      [0, `match_threshold`].
    batch_size_per_image: anchors sampled from each image.
    foreground_fraction: largest share of them that is positive, in [0, 1].

  Returns:
    Score targets `{level: [b, h_l, w_l, a]}` int32 (1, 0, -1 = not sampled)
    and box targets `{level: [b, h_l, w_l, 4 * a]}` float32 `(ty, tx, th, tw)`,
    for all positive anchors, zero elsewhere.
  """
  flat = np.concatenate([a.reshape(-1, 4) for a in anchors.values()])
  matches = anchor_matching.match_anchors(
    flat,
    boxes,
    classes,
    match_threshold=match_threshold,
    unmatched_threshold=unmatched_threshold,
  )
  scores = sample_anchors(
    matches.labels,
    seed,
    size=batch_size_per_image,
    foreground_fraction=foreground_fraction,
  )
  codes = anchor_matching.encode_matches(flat, boxes, matches)
  return (
    _unpack(scores[..., tf.newaxis], anchors),
    _unpack(codes, anchors),
  )


def sample_anchors(
  labels: tf.Tensor, seed: tf.Tensor, *, size: int, foreground_fraction: float
) -> tf.Tensor:
  """Keeps a random minibatch of labels and ignores the others.

  Args:
    labels: `[b, A]` int32 in {1, 0, -1}.
    seed: `[2]` int32.
    size: labels kept for each image, as far as there are enough.
    foreground_fraction: largest share of positive ones; negative ones fill up.

  Returns:
    `[b, A]` int32 in {1, 0, -1}.
  """
  keys = random.bits31(seed, tf.shape(labels))
  most = tf.fill(tf.shape(labels)[:1], int(size * foreground_fraction))
  kept = tf.fill(tf.shape(labels), IGNORED)
  kept, positives = _keep(kept, labels, keys, POSITIVE, most, size)
  kept, _ = _keep(kept, labels, keys, NEGATIVE, size - positives, size)
  return tf.ensure_shape(kept, labels.shape)


def _keep(kept, labels, keys, wanted, most, size):
  """Writes up to `most` random labels that equal `wanted` into `kept`."""
  keys = tf.where(labels == wanted, keys, -1)
  values, columns = tf.math.top_k(keys, min(size, labels.shape[1]))
  rank = tf.range(values.shape[1])
  chosen = (values >= 0) & (rank < most[:, tf.newaxis])
  rows = tf.broadcast_to(
    tf.range(tf.shape(columns)[0])[:, tf.newaxis], tf.shape(columns)
  )
  kept = tf.tensor_scatter_nd_max(
    kept,
    tf.stack([rows, columns], axis=-1),
    tf.where(chosen, wanted, IGNORED),
  )
  return kept, tf.reduce_sum(tf.cast(chosen, tf.int32), axis=1)


def _unpack(
  targets: tf.Tensor, anchors: Mapping[str, np.ndarray]
) -> dict[str, tf.Tensor]:
  """Cuts `[b, A, c]` into `{level: [b, h_l, w_l, a * c]}`."""
  sizes = [boxes.size // 4 for boxes in anchors.values()]
  channels = targets.shape[-1]
  return {
    level: tf.reshape(part, [-1, *a.shape[:2], a.shape[2] // 4 * channels])
    for (level, a), part in zip(
      anchors.items(), tf.split(targets, sizes, axis=1), strict=True
    )
  }
