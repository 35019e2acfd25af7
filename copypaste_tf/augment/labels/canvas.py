"""Scenes on the output grid, with what is to be seen of their objects."""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.augment.labels import boxes as box_ops
from copypaste_tf.augment.labels import extents
from copypaste_tf.augment.labels import planes as planes_lib
from copypaste_tf.examples import Scenes


class Canvas(NamedTuple):
  """A warped batch whose labels are the objects with a visible pixel.

  Attributes:
    scenes: `Scenes` on the output grid with a normalised image, see
      `warp.warp_image`. Crowds and objects without a pixel are padding.
    extent: area and tight box of each object.
    parts: the same of their parts in blocks of rows, see `extents.measure`.
  """

  scenes: Scenes
  extent: extents.Extent
  parts: extents.Extent


def place(scenes: Scenes) -> Canvas:
  """Keeps the labels that a training example may have.

  Crowds go, and so do objects of which the crop or the resize left nothing. An
  annotated box that misses the canvas although its mask does not (some data
  sets have boxes that do not fit) becomes the box of the mask.

  Args:
    scenes: a batch on the output grid, as `warp.warp` returns it.

  Returns:
    A `Canvas`.
  """
  image = tf.pad(scenes.size, [[0, 0], [2, 0]])[:, tf.newaxis]
  grid = planes_lib.grid(planes_lib.shape(scenes.planes)[2])
  filled = planes_lib.reach(image, grid)
  parts = extents.measure(scenes.planes, scenes.ids, wanted=filled)
  extent = extents.join(parts)
  valid = (scenes.classes > 0) & ~scenes.crowd & (extent.area > 0)
  misfit = box_ops.is_empty(scenes.boxes)[..., tf.newaxis]
  boxes = tf.where(misfit, tf.cast(extent.box, tf.float32), scenes.boxes)
  scenes = scenes._replace(
    boxes=tf.where(valid[..., tf.newaxis], boxes, 0.0),
    classes=tf.where(valid, scenes.classes, 0),
    ids=tf.where(valid, scenes.ids, 0),
  )
  return Canvas(scenes, extent, parts)
