"""Tells the shapes of id planes and which planes hold instances."""

import tensorflow as tf

from copypaste_tf import examples


def shape(tensor: tf.Tensor) -> list[int | tf.Tensor]:
  """Returns the sizes of a tensor, static ones as Python integers.

  Args:
    tensor: any shape `[...]` and any dtype.

  Returns:
    One entry per axis: a Python integer, or an int32 scalar tensor.
  """
  dynamic = tf.unstack(tf.shape(tensor))
  return [s or d for s, d in zip(tensor.shape, dynamic, strict=True)]


def are_absent(planes: tf.Tensor) -> bool:
  """Returns True for scenes of boxes alone, which have no planes.

  Args:
    planes: `[b, l, h, w]` uint8 with a static `l`.
  """
  return planes.shape[1] == 0


def used(ids: tf.Tensor, num_planes: int) -> tf.Tensor:
  """Finds the planes that hold at least one instance.

  Args:
    ids: `[b, n]` int32; id 0 lies in no plane.
    num_planes: number of planes `l`.

  Returns:
    `[b, l]` bool.

  >>> used(tf.constant([[0, 7, 513]]), 3).numpy().tolist()
  [[True, False, True]]
  """
  plane, _ = examples.address(ids)
  in_plane = plane[..., tf.newaxis] == tf.range(num_planes)
  return tf.reduce_any(in_plane & (ids > 0)[..., tf.newaxis], axis=1)
