"""Keeps the labels that are visible on the canvas after the warp."""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.augment import engines
from copypaste_tf.augment.engines import Engine
from copypaste_tf.augment.labels import boxes as box_geometry
from copypaste_tf.augment.labels import extents, id_planes
from copypaste_tf.examples import Scenes


class Canvas(NamedTuple):
  """A warped batch whose labels are the instances with a visible pixel.

  Attributes:
    scenes: `Scenes` on the output grid; `image` is `[b, h, w, 3]` as
      `warp.warp_image` returns it. Crowds and instances without a pixel are
      padding.
    extent: `[b, n]` areas and `[b, n, 4]` tight boxes, int32, in pixels.
    block_extent: the same within blocks of rows, as the engine's `measure`
      returns it; `extent` itself for boxes alone.
  """

  scenes: Scenes
  extent: extents.Extent
  block_extent: extents.Extent


def place(scenes: Scenes, *, engine: Engine = engines.BLOCKS) -> Canvas:
  """Drops crowds and invisible instances, and measures the others.

  Invisible instances have no pixel left after the resize and the crop. Boxes of
  some data sets do not fit their masks. If such a box lies outside the canvas
  and its mask does not, the tight box of the mask replaces it.

  Scenes without planes hold boxes alone. There an instance is visible if its
  box is at least a pixel high and wide, and its area is that of the box.

  Args:
    scenes: `b` scenes on the output grid, as `warp.warp` returns them.
    engine: the form of the computation.

  Returns:
    A `Canvas`.
  """
  if id_planes.are_absent(scenes.planes):
    blocks = extent = extents.of_boxes(scenes.boxes, scenes.ids)
  else:
    blocks = engine.measure(scenes.planes, scenes.ids, size=scenes.size)
    extent = extents.join(blocks)
  valid = (scenes.classes > 0) & ~scenes.crowd & (extent.area > 0)
  misfit = box_geometry.is_empty(scenes.boxes)[..., tf.newaxis]
  boxes = tf.where(misfit, tf.cast(extent.box, tf.float32), scenes.boxes)
  scenes = scenes._replace(
    boxes=tf.where(valid[..., tf.newaxis], boxes, 0.0),
    classes=tf.where(valid, scenes.classes, 0),
    ids=tf.where(valid, scenes.ids, 0),
  )
  return Canvas(scenes, extent, blocks)
