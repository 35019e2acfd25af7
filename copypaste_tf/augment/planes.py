"""Addressing of id planes (see `copypaste_tf.examples` for what they are)."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

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


class Grid(NamedTuple):
  """Blocks of rows that divide a canvas, from top to bottom.

  Attributes:
    rows: of a block.
    count: blocks of a canvas.
  """

  rows: int | tf.Tensor
  count: int | tf.Tensor


def grid(height: int | tf.Tensor, most: int = 128) -> Grid:
  """Divides a canvas.

  Args:
    height: rows of the canvas.
    most: rows that a block should have; fewer where it must, down to a quarter,
      and all where none divides the height.
  """
  rows = height
  if isinstance(height, int):
    rows = math.gcd(height, most)
    rows = rows if rows >= most // 4 else height
  return Grid(rows, height // rows)


def split(canvas: tf.Tensor, grid: Grid) -> tf.Tensor:
  """Turns `[b, h, ...]` into a batch of blocks, `[b * count, rows, ...]`."""
  return tf.reshape(canvas, [-1, grid.rows, *shape(canvas)[2:]])


def new_blocks(
  dtype: tf.DType, count: int | tf.Tensor, block_shape: Sequence[int]
) -> tf.TensorArray:
  """Returns zeros to write blocks into, with and without XLA in place.

  Args:
    dtype: of the blocks.
    count: number of blocks.
    block_shape: their shape.
  """
  return tf.TensorArray(
    dtype, count, clear_after_read=False, element_shape=block_shape
  )


def array_of(blocks: tf.Tensor) -> tf.TensorArray:
  """Returns `[k, ...]` blocks as an array like that of `new_blocks`."""
  count, *block_shape = shape(blocks)
  return new_blocks(blocks.dtype, count, block_shape).unstack(blocks)


def fold_blocks(
  body: Callable[[tf.Tensor, _State], _State], state: _State, wanted: tf.Tensor
) -> _State:
  """Runs over the blocks that are wanted, one after the other.

  Args:
    body: `(number, state)` to the next state.
    state: the first state.
    wanted: bool of any shape, for the blocks in their order.

  Returns:
    The last state.
  """
  order, last = _places(wanted)
  return tf.while_loop(
    lambda index, _: index < last,
    lambda index, state: (index + 1, body(tf.gather(order, index), state)),
    (0, state),
    name='blocks',
  )[1]


def reach(boxes: tf.Tensor, grid: Grid) -> tf.Tensor:
  """Tells which boxes reach into which blocks of rows.

  Args:
    boxes: `[b, n, 4]` int32; one of zeros reaches nowhere.
    grid: of `k` blocks.

  Returns:
    `[b, k, n]` bool.
  """
  tops = (tf.range(grid.count) * grid.rows)[:, tf.newaxis]
  top, bottom = boxes[:, tf.newaxis, :, 0], boxes[:, tf.newaxis, :, 2]
  return (top < tops + grid.rows) & (bottom > tops)


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
  owners: tf.Tensor | None = None,
) -> _State:
  """Runs over the groups of ids that occur in images, one after the other.

  An image has a few groups in a few planes, so this costs a small part of what
  all ids of all planes would.

  Args:
    body: `(state, places, row, group)` to the next state: `places` is `[h, w]`
      int32, the place in the group of the id that each pixel of an image has,
      out of [0, size) where it has another; `row` of the ids and `group` are
      the numbers of both.
    state: the first state.
    planes: `[b, h, w, l]` uint8, of images or of blocks of their rows.
    ids: `[b, n]` int32; groups without one of them are left out.
    size: ids of a group, a power of two.
    owners: `[b]` int32, in whose planes the i-th row of ids is; its own by
      default.

  Returns:
    The last state.
  """
  number, _ = groups_of(ids, size)
  instances = shape(ids)[1]
  order, last = _places(_first_of(number, ids > 0))
  number = tf.reshape(number, [-1])

  def step(index, state):
    # Not by slices: XLA would compile anew for every place where they begin.
    place = tf.gather(order, index)
    row, group = place // instances, tf.gather(number, place)
    plane, first = address(group * size)
    owner = row if owners is None else tf.gather(owners, row)
    pixels = tf.gather(tf.gather(planes, owner), plane, axis=-1)
    places = tf.cast(pixels, tf.int32) - (first + 1)
    return index + 1, body(state, places, row, group)

  return tf.while_loop(
    lambda index, _: index < last, step, (0, state), name='groups'
  )[1]


def _first_of(number, valid) -> tf.Tensor:
  """Marks the first of equal valid numbers of each row, `[b, n]` bool."""
  index = tf.range(shape(number)[1])
  same = number[:, :, tf.newaxis] == number[:, tf.newaxis]
  earlier = same & valid[:, tf.newaxis] & (index[:, tf.newaxis] > index)
  return valid & ~tf.reduce_any(earlier, axis=2)


def _places(flags) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns where flags of any shape are true, in order, and how many are.

  By counting: to sort them takes XLA's code for CPUs several times as long.
  """
  flags = tf.cast(tf.reshape(flags, [-1]), tf.int32)
  (size,) = shape(flags)
  # What is false goes behind all others.
  rank = tf.where(flags > 0, tf.cumsum(flags) - 1, size)
  places = tf.scatter_nd(rank[:, tf.newaxis], tf.range(size), [size + 1])
  return places, tf.reduce_sum(flags)
