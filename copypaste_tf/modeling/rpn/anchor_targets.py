"""Computes the targets of the RPN: label all anchors, sample a minibatch.

`anchor_matching` has the rules of the labels. Model Garden labels one image at
a time on the host, and XLA cannot compile its sampler. The functions here label
a batch on the device and have static shapes.
"""

import math
from collections.abc import Mapping

import tensorflow as tf

from copypaste_tf.augment.draws import random
from copypaste_tf.examples import ABSENT, Regions
from copypaste_tf.modeling.rpn import anchor_matching
from copypaste_tf.modeling.rpn.anchor_matching import (
  IGNORED,
  NEGATIVE,
  POSITIVE,
)
from copypaste_tf.modeling.rpn.anchors import LevelAnchors, boxes_of


def rpn_targets(
  anchors: Mapping[str, LevelAnchors],
  boxes: tf.Tensor,
  classes: tf.Tensor,
  seed: tf.Tensor,
  *,
  match_threshold: float,
  unmatched_threshold: float,
  batch_size_per_image: int,
  foreground_fraction: float,
  regions: Regions | tuple[()] = ABSENT,
) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor], dict[str, tf.Tensor]]:
  """Computes the targets of the region proposal network.

  Args:
    anchors: the anchors by level.
    boxes: `[b, m, 4]` float32 `(ymin, xmin, ymax, xmax)` in input pixels.
    classes: `[b, m]` int32, from 1; 0 marks padding.
    seed: `[2]` int32 seed of the sampling.
    match_threshold: smallest IoU of a positive anchor, in [0, 1].
    unmatched_threshold: IoU below which an anchor is negative, in
      [0, `match_threshold`].
    batch_size_per_image: number of anchors sampled from an image.
    foreground_fraction: largest share of positive ones among them, in [0, 1].
    regions: regions that are ignored; see `anchor_matching.ignore_anchors`.

  Returns:
    Score targets `{level: [b, h_l, w_l, a]}` int32: 1 positive, 0 negative, -1
    not sampled. Box targets `{level: [b, h_l, w_l, 4 * a]}` float32
    `(ty, tx, th, tw)` of all positive anchors, sampled or not; 0 elsewhere.
    Rows `{level: [b, h_l, w_l, a]}` int32 of their objects; -1 elsewhere.
  """
  flat = boxes_of(anchors, classes)
  thresholds = {
    'match_threshold': match_threshold,
    'unmatched_threshold': unmatched_threshold,
  }
  matches = anchor_matching.match_anchors(flat, boxes, classes, **thresholds)
  labels = matches.labels
  if isinstance(regions, Regions):
    labels = anchor_matching.ignore_anchors(labels, flat, regions, **thresholds)
  scores = sample_anchors(
    labels,
    seed,
    size=batch_size_per_image,
    foreground_fraction=foreground_fraction,
  )
  codes = anchor_matching.encode_matches(flat, boxes, matches)
  rows = tf.where(matches.labels == POSITIVE, matches.indices, -1)
  return (
    _split_levels(scores[..., tf.newaxis], anchors),
    _split_levels(codes, anchors),
    _split_levels(rows[..., tf.newaxis], anchors),
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
  targets: tf.Tensor, anchors: Mapping[str, LevelAnchors]
) -> dict[str, tf.Tensor]:
  """Splits `[b, A, c]` into `{level: [b, h_l, w_l, a * c]}`."""
  grids = [level.grid for level in anchors.values()]
  parts = tf.split(targets, [math.prod(grid) for grid in grids], axis=1)
  return {
    level: tf.reshape(part, [-1, h, w, a * targets.shape[-1]])
    for level, (h, w, a), part in zip(anchors, grids, parts, strict=True)
  }
