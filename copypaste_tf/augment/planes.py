"""Addressing of id planes (see `copypaste_tf.examples` for what they are)."""

from collections.abc import Callable
from typing import TypeVar

import tensorflow as tf

from copypaste_tf.examples import IDS_PER_PLANE

_State = TypeVar('_State')


def address(ids: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  """Splits int32 ids of any shape into plane and value."""
  return ids // IDS_PER_PLANE, ids % IDS_PER_PLANE


def shape(tensor: tf.Tensor) -> list[int | tf.Tensor]:
  """Returns the sizes of a tensor, static ones as Python integers."""
  dynamic = tf.unstack(tf.shape(tensor))
  return [s or d for s, d in zip(tensor.shape, dynamic, strict=True)]


def groups_of(ids: tf.Tensor, size: int) -> tuple[tf.Tensor, tf.Tensor]:
  """Splits int32 ids above 0 into groups of neighbours.

  Args:
    ids: any shape.
    size: ids of a group, a power of two.

  Returns:
    The number of the group, in [0, 256 * l / size) for `l` planes, and the
    place within it, in [0, size).
  """
  return (ids - 1) // size, (ids - 1) % size


def fold_groups(
  body: Callable[[_State, tf.Tensor, tf.Tensor, tf.Tensor], _State],
  state: _State,
  planes: tf.Tensor,
  ids: tf.Tensor,
  *,
  size: int,
) -> _State:
  """Runs over the groups of ids that occur in a batch, one after the other.

  An image has a few groups in a few planes, so this costs a small part of what
  all ids of all planes would.

  Args:
    body: `(state, places, image, group)` to the next state: `places` is
      `[h, w]` int32, the place in the group of the id that each pixel of an
      image has, out of [0, size) where it has another; `image` and `group` are
      the numbers of both.
    state: the first state.
    planes: `[b, h, w, l]` uint8.
    ids: `[b, n]` int32; groups without one of them are left out.
    size: ids of a group, a power of two.

  Returns:
    The last state.
  """
  num_planes = planes.shape[-1]
  count = num_planes * IDS_PER_PLANE // size
  number, _ = groups_of(ids, size)
  number = tf.where(ids > 0, number, count)
  wanted = tf.reduce_any(number[..., tf.newaxis] == tf.range(count), axis=1)
  wanted = tf.cast(tf.reshape(wanted, [-1]), tf.int32)
  order = tf.argsort(wanted, direction='DESCENDING', stable=True)

  def step(index, state):
    # Not by slices: XLA would compile anew for every place where they begin.
    chosen = tf.gather(order, index)
    image, group = chosen // count, chosen % count
    plane, first = address(group * size)
    pixels = tf.gather(tf.gather(planes, image), plane, axis=-1)
    places = tf.cast(pixels, tf.int32) - (first + 1)
    return index + 1, body(state, places, image, group)

  last = tf.reduce_sum(wanted)
  return tf.while_loop(lambda index, _: index < last, step, (0, state))[1]
