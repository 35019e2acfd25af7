"""The anchors of a pyramid, as the edges of their rows and columns.

The anchors of a level form a grid: top and bottom depend on the row only, left
and right on the column only. So a few hundred numbers stand for a million. A
graph that holds the boxes themselves is a module of tens of megabytes, which
takes a GPU or a TPU long to compile.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf
from official.vision.ops import anchor


@dataclasses.dataclass(frozen=True)
class LevelAnchors:
  """The `h * w * a` anchors of a level, in pixels of the input.

  Their order is that of a `[h, w, a]` array.

  Attributes:
    rows: `[h, a, 2]` float32 top and bottom edges.
    columns: `[w, a, 2]` float32 left and right edges.
  """

  rows: np.ndarray
  columns: np.ndarray

  @property
  def grid(self) -> tuple[int, int, int]:
    """Returns height, width and number of anchors at a position."""
    return len(self.rows), *self.columns.shape[:2]

  def boxes(self, zero: tf.Tensor | float = 0.0) -> tf.Tensor:
    """Returns all anchors.

    Args:
      zero: float32 scalar 0; see `boxes_of`.

    Returns:
      `[h * w * a, 4]` float32 `(ymin, xmin, ymax, xmax)`; may leave the image.
    """
    rows = self.rows[:, np.newaxis] + zero
    columns = self.columns[np.newaxis] + zero
    shape = [*self.grid, 2]
    edges = tf.stack(
      [tf.broadcast_to(rows, shape), tf.broadcast_to(columns, shape)], axis=-1
    )
    return tf.reshape(edges, [-1, 4])

  def take(self, index: tf.Tensor) -> tf.Tensor:
    """Returns some anchors.

    Args:
      index: `[...]` int32 in [0, h * w * a).

    Returns:
      `[..., 4]` float32 `(ymin, xmin, ymax, xmax)`; may leave the image.
    """
    _, width, kinds = self.grid
    row = index // (width * kinds) * kinds + index % kinds
    edges = [
      tf.gather(self.rows.reshape(-1, 2), row),
      tf.gather(self.columns.reshape(-1, 2), index % (width * kinds)),
    ]
    shape = tf.concat([tf.shape(index), [4]], axis=0)
    return tf.reshape(tf.stack(edges, axis=-1), shape)


def pyramid_anchors(
  image_size: Sequence[int],
  *,
  min_level: int,
  max_level: int,
  num_scales: int,
  aspect_ratios: Sequence[float],
  anchor_size: float,
) -> dict[str, LevelAnchors]:
  """Makes the anchors of each pyramid level in the layout of Model Garden.

  Args:
    image_size: height and width of the model's input in pixels.
    min_level: finest level; its stride is `2 ** min_level` pixels.
    max_level: coarsest level.
    num_scales: number of anchor sizes in one octave.
    aspect_ratios: ratios of width to height.
    anchor_size: side of the smallest square anchor in strides of its level.

  Returns:
    The anchors by level.
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
    return {level: _edges(boxes.numpy()) for level, boxes in levels.items()}


def boxes_of(levels: Mapping[str, LevelAnchors], data: tf.Tensor) -> tf.Tensor:
  """Returns all anchors of all levels.

  Args:
    levels: the anchors by level.
    data: `[...]` int32, not empty, known only when the graph runs. Its values
      have no effect; but without them TensorFlow would compute the anchors
      when it builds the graph, and store them there.

  Returns:
    `[A, 4]` float32 `(ymin, xmin, ymax, xmax)`, in the order of the levels.
  """
  zero = tf.bitwise.bitwise_and(tf.reshape(data, [-1])[0], 0)
  zero = tf.cast(zero, tf.float32)
  return tf.concat([level.boxes(zero) for level in levels.values()], axis=0)


def _edges(boxes: np.ndarray) -> LevelAnchors:
  """Reads the edges from the first row and column of `[h, w, 4 * a]` boxes."""
  boxes = boxes.reshape(*boxes.shape[:2], -1, 4)
  return LevelAnchors(boxes[:, 0, :, 0::2], boxes[0, :, :, 1::2])
