"""Updates the labels of the target after pixels were pasted over it."""

from fractions import Fraction
from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.augment import engines
from copypaste_tf.augment.canvas import Canvas
from copypaste_tf.augment.engines import Engine
from copypaste_tf.augment.labels import boxes as box_geometry
from copypaste_tf.augment.labels import extents
from copypaste_tf.augment.options import CopyPaste

# Products of areas, below 2^31, with denominators stay within int64.
_LARGEST_DENOMINATOR = 10**9


class Remains(NamedTuple):
  """The labels of the target after the paste.

  Attributes:
    valid: `[b, n]` bool, true for instances that are still labels.
    boxes: `[b, n, 4]` float32 in pixels of the canvas.
    areas: `[b, n]` int32, visible pixels.
    touched: `[b, n]` bool, true for labels that lost at least one pixel.
    removed: `[b, n]` bool, true for labels that were dropped.
    shrunk: `[b, n]` bool, true for labels whose box changed.
  """

  valid: tf.Tensor
  boxes: tf.Tensor
  areas: tf.Tensor
  touched: tf.Tensor
  removed: tf.Tensor
  shrunk: tf.Tensor


def untouched(targets: Canvas) -> Remains:
  """Returns the labels of targets onto which nothing is pasted.

  Args:
    targets: `b` scenes on the output grid.

  Returns:
    All labels, unchanged.
  """
  valid = targets.scenes.classes > 0
  nothing = tf.zeros_like(valid)
  return Remains(
    valid=valid,
    boxes=targets.scenes.boxes,
    areas=targets.extent.area,
    touched=nothing,
    removed=nothing,
    shrunk=nothing,
  )


def occlude(
  targets: Canvas,
  owners: tf.Tensor,
  *,
  options: CopyPaste,
  covers: tf.Tensor | None = None,
  engine: Engine = engines.BLOCKS,
) -> Remains:
  """Updates the labels of the target, which lost the pasted pixels.

  Untouched instances keep box and label. If the paste moved an edge of an
  instance's tight box by more than `box_tolerance` pixels, this edge of the
  label's box moves there, too. An instance with too few visible pixels is
  removed.
  `CopyPaste.occlusion` describes the rule `published`, which differs.

  Args:
    targets: `b` scenes on the output grid, before the paste.
    owners: `[b, h, w]` uint8, see `TrainScenes`.
    options: `occlusion`, `min_visible_area`, `min_visible_fraction` and
      `box_tolerance` apply.
    covers: `[b, m, 4]` int32 boxes in pixels that together hold every pixel
      that the target lost; by default lost pixels may lie anywhere.
    engine: the form of the computation, the one that measured the targets.

  Returns:
    The labels as `Remains`.

  Raises:
    ValueError: if one of these options is out of its range.
  """
  options.check()
  visible = extents.join(
    engine.remeasure(
      targets.scenes.planes,
      targets.scenes.ids,
      owners,
      targets.block_extent,
      covers,
    )
  )
  present = targets.scenes.classes > 0
  touched = present & (visible.area < targets.extent.area)
  rule = _RULES[options.occlusion]
  moved, removed = rule(targets, visible, touched, options)
  removed = present & (removed | (visible.area == 0))
  boxes = _update(targets.scenes.boxes, visible, moved)
  changed = tf.reduce_any(boxes != targets.scenes.boxes, axis=-1)
  return Remains(
    valid=present & ~removed,
    boxes=boxes,
    areas=visible.area,
    touched=touched,
    removed=removed,
    shrunk=present & ~removed & changed,
  )


def _per_object(targets, visible, touched, options):
  """Decides on each instance by its own visible pixels alone."""
  moved = _far(visible, tf.cast(targets.extent.box, tf.float32), options)
  too_small = visible.area <= options.min_visible_area
  too_small |= _is_below(
    visible.area, targets.extent.area, options.min_visible_fraction
  )
  return moved, too_small & touched


def _is_below(part, whole, fraction) -> tf.Tensor:
  """Compares `part / whole` with the decimal that a person wrote, exactly."""
  # A float is not the decimal: 0.3 is above 3/10 as float32, below as float64.
  ratio = Fraction(str(fraction)).limit_denominator(_LARGEST_DENOMINATOR)
  part, whole = tf.cast(part, tf.int64), tf.cast(whole, tf.int64)
  return part * ratio.denominator < whole * ratio.numerator


def _published(targets, visible, touched, options):
  """Repeats the published rule: one moved box removes all small instances."""
  del touched
  moved = _far(visible, targets.scenes.boxes, options)
  moved &= (targets.scenes.classes > 0)[..., tf.newaxis]
  any_moved = tf.reduce_any(moved, axis=[1, 2])[:, tf.newaxis]
  return moved, any_moved & (visible.area <= options.min_visible_area)


_RULES = {'per_object': _per_object, 'published': _published}


def _far(visible, boxes, options) -> tf.Tensor:
  """Returns `[b, n, 4]` bool, true for edges that moved beyond tolerance."""
  distance = tf.abs(tf.cast(visible.box, tf.float32) - boxes)
  return distance > options.box_tolerance


def _update(boxes, visible, moved) -> tf.Tensor:
  """Replaces the coordinates that moved, `[b, n, 4]` float32."""
  tight = tf.cast(visible.box, tf.float32)
  updated = tf.where(moved, tight, boxes)
  # An annotated box that did not fit its mask can become inverted.
  inverted = box_geometry.is_empty(updated)[..., tf.newaxis]
  return tf.where(inverted, tight, updated)
