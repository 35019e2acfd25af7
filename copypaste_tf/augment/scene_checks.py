"""Checks the images and annotations that become scenes."""

from typing import NamedTuple

import tensorflow as tf


class Annotations(NamedTuple):
  """An image and its annotations, as `scenes.from_masks` takes them.

  Attributes:
    image: `[h, w, 3]` uint8 RGB.
    masks: `[n, h, w]` bool or numbers.
    classes: `[n]` integers, at least 1.
    source_id: integer scalar.
    boxes: `[n, 4]` numbers, `(ymin, xmin, ymax, xmax)` in pixels; or None.
    crowd: `[n]` bool or integers; or None.
  """

  image: tf.Tensor
  masks: tf.Tensor
  classes: tf.Tensor
  source_id: tf.Tensor
  boxes: tf.Tensor | None
  crowd: tf.Tensor | None


def check_static(annotations: Annotations) -> Annotations:
  """Checks dtypes and static shapes.

  Args:
    annotations: the tensors of one image, of any shapes and dtypes.

  Returns:
    The same tensors with static ranks; unknown ranks are checked at run time.

  Raises:
    ValueError: if a dtype or a static shape contradicts `Annotations`.
  """
  for name, dtypes, is_valid in _DTYPES:
    tensor = getattr(annotations, name)
    # TensorFlow makes an empty list float32, so its dtype says nothing.
    if tensor is None or tensor.shape.num_elements() == 0:
      continue
    if not is_valid(tensor.dtype):
      raise ValueError(
        f'from_masks needs {name} of {dtypes}, got {tensor.dtype.name}.'
      )
  sizes, checked = {}, {}
  for name, axes in _AXES.items():
    tensor = getattr(annotations, name)
    if tensor is not None:
      _check_shape(name, tensor.shape, axes, sizes)
      shape = [axis if isinstance(axis, int) else None for axis in axes]
      checked[name] = tf.ensure_shape(tensor, shape)
  return annotations._replace(**checked)


def assertions(annotations: Annotations) -> list[tf.Operation]:
  """Makes assertions on values and on shapes that are not static.

  Args:
    annotations: the tensors of one image, as `check_static` returns them.

  Returns:
    Operations to depend on; empty in eager mode, where they have run already.

  Raises:
    tf.errors.InvalidArgumentError: eagerly, if a check fails.
  """
  count = tf.shape(annotations.masks)[0]
  checks = [
    tf.debugging.assert_equal(
      tf.shape(annotations.masks)[1:],
      tf.shape(annotations.image)[:2],
      'from_masks needs masks of the size of the image.',
    ),
    _same_count('classes', annotations.classes, count),
    tf.debugging.assert_greater_equal(
      annotations.classes,
      tf.ones([], annotations.classes.dtype),
      'from_masks needs classes of at least 1; 0 is the background.',
    ),
  ]
  if annotations.crowd is not None:
    checks.append(_same_count('crowd', annotations.crowd, count))
  if annotations.boxes is not None:
    checks += [
      _same_count('boxes', annotations.boxes, count),
      *_boxes(annotations.boxes),
    ]
  # Eager assertions return None.
  return [check for check in checks if check is not None]


def _is_uint8(dtype) -> bool:
  return dtype == tf.uint8


def _is_integer(dtype) -> bool:
  return dtype.is_integer


def _is_bool_or_integer(dtype) -> bool:
  return dtype.is_bool or dtype.is_integer


def _is_number(dtype) -> bool:
  return dtype.is_integer or dtype.is_floating


def _is_bool_or_number(dtype) -> bool:
  return dtype.is_bool or _is_number(dtype)


_DTYPES = (
  ('image', 'uint8 in [0, 255]', _is_uint8),
  ('masks', 'bool or numbers', _is_bool_or_number),
  ('classes', 'integers', _is_integer),
  ('source_id', 'integers', _is_integer),
  ('boxes', 'numbers', _is_number),
  ('crowd', 'bool or integers', _is_bool_or_integer),
)
_AXES = {
  'image': ('h', 'w', 3),
  'masks': ('n', 'h', 'w'),
  'classes': ('n',),
  'source_id': (),
  'boxes': ('n', 4),
  'crowd': ('n',),
}


def _check_shape(name, shape, axes, sizes) -> None:
  """Compares a shape with axes; collects static sizes by name in `sizes`."""
  expected = [sizes.get(axis, axis) for axis in axes]
  error = ValueError(
    f'from_masks needs {name} of shape [{", ".join(map(str, axes))}], here '
    f'[{", ".join(map(str, expected))}], got {shape}.'
  )
  if shape.rank is None:
    return
  if shape.rank != len(axes):
    raise error
  for axis, size in zip(axes, shape, strict=True):
    if size is not None and size != sizes.setdefault(
      axis, axis if isinstance(axis, int) else size
    ):
      raise error


def _same_count(name, tensor, count):
  return tf.debugging.assert_equal(
    tf.shape(tensor)[0],
    count,
    f'from_masks needs one entry of {name} for each mask.',
  )


def _boxes(boxes) -> list[tf.Operation]:
  boxes = tf.cast(boxes, tf.float32)
  return [
    tf.debugging.assert_equal(
      tf.reduce_all(tf.math.is_finite(boxes)),
      True,
      'from_masks needs finite boxes; one holds NaN or infinity.',
    ),
    tf.debugging.assert_less_equal(
      boxes[:, :2],
      boxes[:, 2:],
      'from_masks needs boxes (ymin, xmin, ymax, xmax); one is inverted.',
    ),
  ]
