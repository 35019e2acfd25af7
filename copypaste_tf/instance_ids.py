"""Functions of instance ids, which address a plane and a value in it.

They take tensors and NumPy arrays. `examples` explains id planes.
"""

from typing import Any

import tensorflow as tf

IDS_PER_PLANE = 256
# Bits of the owner plane: the images whose instances a pixel belongs to.
TARGET, SOURCE = 1, 2


def address(ids: Any) -> tuple[Any, Any]:
  """Splits ids into the plane and the value in it.

  Args:
    ids: integers of any shape, a tensor, an array or a number.

  Returns:
    Plane and value, of the same shape and dtype.
  """
  return ids // IDS_PER_PLANE, ids % IDS_PER_PLANE


def has_value(pixels: Any, ids: Any) -> Any:
  """Tells which pixels hold the value of an id; ignores their owners.

  Args:
    pixels: uint8 of any shape, from the plane that the id addresses.
    ids: integers that broadcast to `pixels`, above 0.

  Returns:
    Bool of the broadcast shape.
  """
  _, value = address(ids)
  return pixels == _cast(value, tf.uint8)


def in_mask(pixels: Any, ids: Any, owners: Any = None, pasted: Any = False):
  """Tells which pixels belong to an instance: the definition of a mask.

  A pixel belongs to an instance if the plane holds the instance's value there
  and the instance's image owns the pixel. Takes tensors or NumPy arrays.

  Args:
    pixels: uint8 of any shape, from the plane that the id addresses.
    ids: integers that broadcast to `pixels`; 0 has no pixel.
    owners: uint8 that broadcasts, see `TrainScenes`; None where there is one
      image only, as in `Scenes`.
    pasted: bool that broadcasts, true for instances of the source.

  Returns:
    Bool of the broadcast shape.
  """
  mask = has_value(pixels, ids) & (ids > 0)
  if owners is None:
    return mask
  return mask & is_owner(owners, pasted)


def is_owner(owners: Any, of_source: Any) -> Any:
  """Tells whether an image owns pixels.

  Args:
    owners: uint8 of any shape, see `TrainScenes`.
    of_source: bool that broadcasts, true to ask about the source, false to ask
      about the target.

  Returns:
    Bool of the broadcast shape.
  """
  bit = TARGET + (SOURCE - TARGET) * _cast(of_source, tf.uint8)
  return owners & bit > 0


def _cast(values, dtype):
  """Casts tensors, whose operators need equal dtypes; NumPy arrays do not."""
  return tf.cast(values, dtype) if tf.is_tensor(values) else values
