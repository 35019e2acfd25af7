"""Computes the targets of the RPN: label all anchors, sample a minibatch.

`anchor_matching` has the rules of the labels. Model Garden labels one image at
a time on the host, and XLA cannot compile its sampler. The functions here label
a batch on the device and have static shapes.
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
  """Makes the anchors of each pyramid level in the layout of Model Garden.

  Args:
    image_size: height and width of the model's input in pixels.
    min_level: finest level; its stride is `2 ** min_level` pixels.
    max_level: coarsest level.
    num_scales: number of anchor sizes in one octave.
    aspect_ratios: ratios of width to height.
    anchor_size: side of the smallest square anchor in strides of its level.

  Returns:
    `{level: [h_l, w_l, 4 * a]}` float32, `(ymin, xmin, ymax, xmax)` in pixels
    of the input; may leave the image.
  """
  # Computes NumPy arrays, even if the caller builds a graph.
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
  """Computes the targets of the region proposal network.

  Args:
    anchors: `{level: [h_l, w_l, 4 * a]}` float32 boxes in input pixels.
    boxes: `[b, m, 4]` float32 `(ymin, xmin, ymax, xmax)` in input pixels.
    classes: `[b, m]` int32, from 1; 0 marks padding.
    seed: `[2]` int32 seed of the sampling.
    match_threshold: smallest IoU of a positive anchor, in [0, 1].
    unmatched_threshold: IoU below which an anchor is negative, in
      [0, `match_threshold`].
    batch_size_per_image: number of anchors sampled from an image.
    foreground_fraction: largest share of positive ones among them, in [0, 1].

  Returns:
    Score targets `{level: [b, h_l, w_l, a]}` int32: 1 positive, 0 negative, -1
    not sampled. Box targets `{level: [b, h_l, w_l, 4 * a]}` float32
    `(ty, tx, th, tw)` of all positive anchors, sampled or not; 0 elsewhere.
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
    _split_levels(scores[..., tf.newaxis], anchors),
    _split_levels(codes, anchors),
  )


def sample_anchors(
  labels: tf.Tensor, seed: tf.Tensor, *, size: int, foreground_fraction: float
) -> tf.Tensor:
  """Keeps a random minibatch of labels and sets the others to -1.

  Args:
    labels: `[b, A]` int32: 1 positive, 0 negative, -1 ignored.
    seed: `[2]` int32 seed; the same seed samples the same anchors.
    size: number of labels to keep in an image, fewer if there are fewer.
    foreground_fraction: largest share of positive labels, in [0, 1]; negative
      labels take the rest.

  Returns:
    `[b, A]` int32: 1 positive, 0 negative, -1 ignored or not sampled.
  """
  keys = random.bits31(seed, tf.shape(labels))
  limit = tf.fill(tf.shape(labels)[:1], int(size * foreground_fraction))
  sampled_labels = tf.fill(tf.shape(labels), IGNORED)
  sampled_labels, positives = _sample_label(
    sampled_labels, labels, keys, POSITIVE, limit, size
  )
  sampled_labels, _ = _sample_label(
    sampled_labels, labels, keys, NEGATIVE, size - positives, size
  )
  return tf.ensure_shape(sampled_labels, labels.shape)


def _sample_label(sampled_labels, labels, keys, label, limit, size):
  """Adds a random sample of the anchors with one label.

  Returns:
    The new `sampled_labels`, and `[b]` int32 numbers of added labels, at most
    `limit`.
  """
  keys = tf.where(labels == label, keys, -1)
  values, columns = tf.math.top_k(keys, min(size, labels.shape[1]))
  rank = tf.range(values.shape[1])
  sampled = (values >= 0) & (rank < limit[:, tf.newaxis])
  rows = tf.broadcast_to(
    tf.range(tf.shape(columns)[0])[:, tf.newaxis], tf.shape(columns)
  )
  sampled_labels = tf.tensor_scatter_nd_max(
    sampled_labels,
    tf.stack([rows, columns], axis=-1),
    tf.where(sampled, label, IGNORED),
  )
  return sampled_labels, tf.reduce_sum(tf.cast(sampled, tf.int32), axis=1)


def _split_levels(
  targets: tf.Tensor, anchors: Mapping[str, np.ndarray]
) -> dict[str, tf.Tensor]:
  """Splits `[b, A, c]` into `{level: [b, h_l, w_l, a * c]}`."""
  sizes = [boxes.size // 4 for boxes in anchors.values()]
  channels = targets.shape[-1]
  return {
    level: tf.reshape(rows, [-1, *a.shape[:2], a.shape[2] // 4 * channels])
    for (level, a), rows in zip(
      anchors.items(), tf.split(targets, sizes, axis=1), strict=True
    )
  }
