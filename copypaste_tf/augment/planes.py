"""Addressing of id planes (see `copypaste_tf.examples` for what they are)."""

from collections.abc import Callable

import tensorflow as tf

from copypaste_tf.examples import IDS_PER_PLANE


def address(ids: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  """Splits int32 ids of any shape into plane and value."""
  return ids // IDS_PER_PLANE, ids % IDS_PER_PLANE


def shape(tensor: tf.Tensor) -> list[int | tf.Tensor]:
  """Returns the sizes of a tensor, static ones as Python integers."""
  dynamic = tf.unstack(tf.shape(tensor))
  return [s or d for s, d in zip(tensor.shape, dynamic, strict=True)]


def fold(
  body: Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor],
  state: tf.Tensor,
  planes: tf.Tensor,
  ids: tf.Tensor,
) -> tf.Tensor:
  """Runs over the planes that hold anything; most images fill two of eight.

  Args:
    body: `(state, plane, index)` to the next state; `plane` is `[b, h, w]`
      int32, `index` its number.
    state: the first state.
    planes: `[b, h, w, l]` uint8.
    ids: `[b, n]` int32; planes beyond the last that they address are skipped.

  Returns:
    The last state.
  """
  used = tf.reduce_max(tf.where(ids > 0, ids // IDS_PER_PLANE + 1, 0))

  def step(index, state):
    plane = tf.cast(tf.gather(planes, index, axis=-1), tf.int32)
    return index + 1, body(state, plane, index)

  return tf.while_loop(lambda index, _: index < used, step, (0, state))[1]
