"""Greedy non-maximum suppression (NMS) of many lists of boxes at once.

Greedy NMS decides box after box. Here a loop decides a tile of 64 boxes of all
lists in each round: the overlaps of a box with its tile are two words of 32
bits, and a chain of bit operations on single words decides the boxes of the
tile, one kernel on a GPU. Then the tile's boxes remove all later boxes in one
operation. So the number of operations depends on the longest list only, not on
the boxes, and memory holds the overlaps of one tile.

XLA for CPUs splits a reduction of more than 32 values in two, and stores all
that it reduces. So the boxes of a tile are reduced in halves.
"""

import numpy as np
import tensorflow as tf

_TILE = 64
_HALF = _TILE // 2
_BITS = np.left_shift(np.int32(1), np.arange(_HALF, dtype=np.int32))
_PARTS = 4
_EPSILON = 1e-8  # As in `tf.image.non_max_suppression_padded`.


def suppress(
  boxes: tf.Tensor, candidates: tf.Tensor, *, iou_threshold: float
) -> tf.Tensor:
  """Marks the boxes that greedy NMS keeps.

  The result is that of `tf.image.non_max_suppression_padded`.

  Args:
    boxes: `[g, n, 4]` float32 `(ymin, xmin, ymax, xmax)`, best first.
    candidates: `[g, n]` bool; the other boxes are not kept and remove none.
    iou_threshold: a box is removed if its IoU with a better kept box is at
      least this, in (0, 1].

  Returns:
    `[g, n]` bool, true for the boxes that are kept.
  """
  n = boxes.shape[1]
  tiles = -(-n // _TILE)
  padding = [[0, 0], [0, tiles * _TILE - n]]
  boxes = tf.pad(boxes, [*padding, [0, 0]])
  left = tf.reshape(tf.pad(candidates, padding), [-1, tiles, _TILE])
  # Only later boxes are compared with a tile. So each part of the list has a
  # loop of its own, which leaves out the parts before: half of the work.
  kept, rounds = [], -(-tiles // _PARTS)
  for start in range(0, tiles, rounds):
    left = _suppress_part(
      boxes[:, start * _TILE :], left, min(rounds, tiles - start), iou_threshold
    )
    kept.append(left[:, :rounds])
    left = left[:, rounds:]
  return tf.reshape(tf.concat(kept, axis=1), [-1, tiles * _TILE])[:, :n]


def _suppress_part(boxes, left, rounds, iou_threshold):
  """Decides the boxes of the first tiles of each list.

  Args:
    boxes: `[g, t * 64, 4]` float32, best first.
    left: `[g, t, 64]` bool, boxes that no earlier box has removed.
    rounds: number of tiles to decide.
    iou_threshold: see `suppress`.

  Returns:
    `[g, t, 64]` bool, the boxes that are kept in the first `rounds` tiles, and
    those that are left in the others.
  """
  tiles = _tiles(boxes, rounds)
  place = np.arange(left.shape[1])[:, np.newaxis]

  def decide(i, left):
    tile = tiles[i]
    removes = _iou(tile, tile) >= iou_threshold
    chosen = _decide(removes, left[:, i])
    least = tf.where(chosen, iou_threshold, np.inf)[..., tf.newaxis]
    removed = _any_of_tile(_iou(tile, boxes) >= least)
    later = left & ~tf.reshape(removed, tf.shape(left))
    later = tf.where(place == i, chosen[:, tf.newaxis], later)
    # An IoU may round differently if its boxes are exchanged, so even boxes
    # that do not overlap the chosen ones must not be compared again.
    return i + 1, tf.where(place < i, left, later)

  return tf.while_loop(lambda i, _: i < rounds, decide, (0, left))[1]


def _tiles(boxes: tf.Tensor, count: int) -> tf.Tensor:
  """Returns the first tiles of `[g, n, 4]` boxes, `[count, g, 64, 4]`."""
  tiles = tf.reshape(boxes[:, : count * _TILE], [-1, count, _TILE, 4])
  return tf.transpose(tiles, [1, 0, 2, 3])


def _decide(removes: tf.Tensor, left: tf.Tensor) -> tf.Tensor:
  """Decides the boxes of a tile, one after the other.

  Args:
    removes: `[g, 64, 64]` bool, true at `[i, j]` if box `i`, once it is kept
      and if it is better, removes box `j`.
    left: `[g, 64]` bool, boxes that no earlier box has removed.

  Returns:
    `[g, 64]` bool, the boxes that are kept.
  """
  later = np.arange(_TILE) > np.arange(_TILE)[:, np.newaxis]
  # Two arrays: a TPU would copy each word out of pairs of words.
  spared_low, spared_high = (
    tf.unstack(tf.bitwise.invert(_words(half)), axis=1)
    for half in tf.split(removes & later, 2, axis=2)
  )
  low, high = tf.unstack(_words(tf.reshape(left, [-1, 2, _HALF])), axis=1)
  for i in range(_TILE):
    word = low if i < _HALF else high
    keeps = tf.bitwise.bitwise_and(word, _BITS[i % _HALF]) != 0
    if i < _HALF:  # Later boxes are in the high word.
      low = _spare(low, spared_low[i], keeps)
    high = _spare(high, spared_high[i], keeps)
  bits = [tf.bitwise.bitwise_and(x[:, tf.newaxis], _BITS) for x in (low, high)]
  return tf.concat(bits, axis=1) != 0


def _spare(word: tf.Tensor, spares: tf.Tensor, keeps: tf.Tensor) -> tf.Tensor:
  """Returns `[g]` words: where a box is kept, only the bits that it spares."""
  return tf.where(keeps, tf.bitwise.bitwise_and(word, spares), word)


def _words(bits: tf.Tensor) -> tf.Tensor:
  """Packs `[..., 32]` bool into `[...]` int32."""
  return tf.reduce_sum(tf.where(bits, _BITS, 0), axis=-1)


def _any_of_tile(x: tf.Tensor) -> tf.Tensor:
  """Reduces `[g, 64, n]` bool to `[g, n]`."""
  first, second = tf.split(x, 2, axis=1)
  return tf.reduce_any(first, axis=1) | tf.reduce_any(second, axis=1)


def _iou(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
  """Returns `[g, t, n]` IoU of `[g, t, 4]` with `[g, n, 4]` boxes."""
  a_top, a_left, a_bottom, a_right = tf.split(a, 4, axis=-1)  # [g, t, 1]
  b = tf.transpose(b, [0, 2, 1])
  top, left, bottom, right = tf.split(b, 4, axis=1)  # [g, 1, n]
  width = tf.minimum(a_right, right) - tf.maximum(a_left, left)
  height = tf.minimum(a_bottom, bottom) - tf.maximum(a_top, top)
  common = tf.maximum(width, 0.0) * tf.maximum(height, 0.0)
  area = (a_bottom - a_top) * (a_right - a_left)
  return common / (area + (bottom - top) * (right - left) - common + _EPSILON)
