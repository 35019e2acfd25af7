"""What remains of the target's labels under the pasted pixels."""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.augment.labels import boxes as box_ops
from copypaste_tf.augment.labels import extents
from copypaste_tf.augment.labels.canvas import Canvas
from copypaste_tf.augment.options import CopyPaste


class Remains(NamedTuple):
  """The target's objects after the paste.

  Attributes:
    valid: `[b, n]` bool, still a label.
    boxes: `[b, n, 4]` float32, pixels.
    areas: `[b, n]` int32, visible pixels.
    touched: `[b, n]` bool, lost at least one pixel.
    removed: `[b, n]` bool, was a label and is none.
    shrunk: `[b, n]` bool, a label whose box changed.
  """

  valid: tf.Tensor
  boxes: tf.Tensor
  areas: tf.Tensor
  touched: tf.Tensor
  removed: tf.Tensor
  shrunk: tf.Tensor


def untouched(targets: Canvas) -> Remains:
  """Returns the labels of targets onto which nothing is pasted."""
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
  alpha: tf.Tensor,
  *,
  options: CopyPaste,
  covers: tf.Tensor | None = None,
) -> Remains:
  """Takes the covered pixels from the targets' objects and mends their labels.

  Untouched objects keep their box and their label. An edge of a touched
  object's box follows the visible mask where the paste moved it by more than
  `box_tolerance` pixels; the object is removed where too little stays visible.

  Args:
    targets: the batch that is pasted onto.
    alpha: `[b, h, w]` bool, pixels that are covered.
    options: `occlusion`, `min_visible_area`, `min_visible_fraction` and
      `box_tolerance` apply.
    covers: `[b, m, 4]` int32, boxes that together hold `alpha`; by default it
      may be anywhere.

  Returns:
    What `Remains`.

  Raises:
    ValueError: if one of these options is out of its range.
  """
  options.check()
  visible = extents.join(
    extents.remeasure(
      targets.scenes.planes, targets.scenes.ids, alpha, targets.parts, covers
    )
  )
  present = targets.scenes.classes > 0
  touched = present & (visible.area < targets.extent.area)
  rule = _RULES[options.occlusion]
  moved, removed = rule(targets, visible, touched, options)
  removed = present & (removed | (visible.area == 0))
  boxes = _mend(targets.scenes.boxes, visible, moved)
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
  """Decides for each object by what the paste did to it alone."""
  moved = _far(visible, tf.cast(targets.extent.box, tf.float32), options)
  few = visible.area <= options.min_visible_area
  fraction = tf.cast(options.min_visible_fraction, tf.float64)
  least = fraction * tf.cast(targets.extent.area, tf.float64)
  few |= tf.cast(visible.area, tf.float64) < least
  return moved, few & touched


def _published(targets, visible, touched, options):
  """Repeats the published rule: one moved box condemns all small objects."""
  del touched
  moved = _far(visible, targets.scenes.boxes, options)
  moved &= (targets.scenes.classes > 0)[..., tf.newaxis]
  any_moved = tf.reduce_any(moved, axis=[1, 2])[:, tf.newaxis]
  return moved, any_moved & (visible.area <= options.min_visible_area)


_RULES = {'per_object': _per_object, 'published': _published}


def _far(visible, boxes, options) -> tf.Tensor:
  """Returns `[b, n, 4]` bool, true where a visible edge left its place."""
  distance = tf.abs(tf.cast(visible.box, tf.float32) - boxes)
  return distance > options.box_tolerance


def _mend(boxes, visible, moved) -> tf.Tensor:
  """Replaces the coordinates that moved, `[b, n, 4]` float32."""
  tight = tf.cast(visible.box, tf.float32)
  mended = tf.where(moved, tight, boxes)
  # A box that did not fit its mask can turn inside out.
  inverted = box_ops.is_empty(mended)[..., tf.newaxis]
  return tf.where(inverted, tight, mended)
