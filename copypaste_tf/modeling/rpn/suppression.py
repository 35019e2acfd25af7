"""Greedy non-maximum suppression (NMS) of many lists of boxes at once.

Greedy NMS decides box after box. Here a loop decides a tile of 32 boxes of all
lists in each round: the overlaps within a tile are 32 words of 32 bits, and a
chain of bit operations on single words decides its boxes, one kernel on a GPU.
Then the tile's boxes remove all later boxes in one operation. So the number of
operations depends on the longest list only, not on the boxes, and memory holds
the overlaps of one tile.
"""

import numpy as np
import tensorflow as tf

_TILE = 32
_BITS = np.left_shift(np.int32(1), np.arange(_TILE, dtype=np.int32))
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
  left, kept = tf.pad(candidates, padding), []
  # Only later boxes are compared with a tile. So each part of the list has a
  # loop of its own, which leaves out the parts before: half of the work.
  length = _TILE * -(-tiles // _PARTS)
  for start in range(0, tiles * _TILE, length):
    part, left = _suppress_part(
      boxes[:, start:], left, min(length, left.shape[1]), iou_threshold
    )
    kept.append(part)
  return tf.concat(kept, axis=1)[:, :n]


def _suppress_part(boxes, left, length, iou_threshold):
  """Decides the first `length` boxes of each list.

  Args:
    boxes: `[g, n, 4]` float32, best first.
    left: `[g, n]` bool, boxes that no earlier box has removed.
    length: number of boxes to decide, a multiple of `_TILE`.
    iou_threshold: see `suppress`.

  Returns:
    `[g, length]` bool, the boxes that are kept, and `[g, n - length]` bool,
    which of the other boxes are left.
  """
  rounds = length // _TILE
  tiles = _tiles(boxes[:, :length])

  def decide(i, left, kept):
    tile = tiles[i]
    removes = _iou(tile, tile) >= iou_threshold
    first = tf.slice(left, [0, i * _TILE], [-1, _TILE])
    chosen = _decide(removes, first)
    least = tf.where(chosen, iou_threshold, np.inf)[..., tf.newaxis]
    removed = tf.reduce_any(_iou(tile, boxes) >= least, axis=1)
    return i + 1, left & ~removed, kept.write(i, chosen)

  _, left, kept = tf.while_loop(
    lambda i, *_: i < rounds,
    decide,
    (0, left, tf.TensorArray(tf.bool, rounds)),
  )
  kept = tf.transpose(kept.stack(), [1, 0, 2])
  return tf.reshape(kept, [-1, length]), left[:, length:]


def _tiles(boxes: tf.Tensor) -> tf.Tensor:
  """Splits `[g, n, 4]` boxes into `[n / 32, g, 32, 4]`."""
  shape = [-1, boxes.shape[1] // _TILE, _TILE, 4]
  return tf.transpose(tf.reshape(boxes, shape), [1, 0, 2, 3])


def _decide(removes: tf.Tensor, left: tf.Tensor) -> tf.Tensor:
  """Decides the boxes of a tile, one after the other.

  Args:
    removes: `[g, 32, 32]` bool, true if a box removes another, if it is kept
      and better.
    left: `[g, 32]` bool, boxes that no earlier box has removed.

  Returns:
    `[g, 32]` bool, the boxes that are kept.
  """
  later = np.arange(_TILE) > np.arange(_TILE)[:, np.newaxis]
  spared = tf.unstack(tf.bitwise.invert(_words(removes & later)), axis=1)
  word = _words(left)
  for bit, spares in zip(_BITS, spared, strict=True):
    keeps = tf.bitwise.bitwise_and(word, bit) != 0
    word = tf.where(keeps, tf.bitwise.bitwise_and(word, spares), word)
  return tf.bitwise.bitwise_and(word[:, tf.newaxis], _BITS) != 0


def _words(bits: tf.Tensor) -> tf.Tensor:
  """Packs `[..., 32]` bool into `[...]` int32."""
  return tf.reduce_sum(tf.where(bits, _BITS, 0), axis=-1)


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
