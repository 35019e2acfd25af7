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


def split(layers: tf.Tensor, count: int | tf.Tensor) -> tf.Tensor:
  """Cuts layers of canvases into blocks of rows.

  Args:
    layers: `[b, l, h, ...]`.
    count: blocks `k` of a canvas.

  Returns:
    `[b * l * k, h / k, ...]`.
  """
  height, *row = shape(layers)[2:]
  return tf.reshape(layers, [-1, height // count, *row])


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


def fold_instances(
  body: Callable[[_State, tf.Tensor, tf.Tensor, tf.Tensor], _State],
  state: _State,
  planes: tf.Tensor,
  ids: tf.Tensor,
  *,
  owners: tf.Tensor | None = None,
) -> _State:
  """Runs over the instances of blocks of rows, one after the other.

  Each is one comparison of bytes that lie together, a few microseconds for a
  block of 128 x 1024 pixels.

  Args:
    body: `(state, here, block, index)` to the next state: `here`, `[h / k, w]`
      bool, is where in the block the instance is; `block`, in [0, b * k), and
      `index`, in [0, b * k * n), are the numbers of both.
    state: the first state.
    planes: `[b, l, h, w]` uint8.
    ids: `[b, k, n]` int32, what to visit in each of `k` blocks; not 0.
    owners: `[b]` int32, in whose planes the i-th ids are; their own by default.

  Returns:
    The last state.
  """
  num_planes = shape(planes)[1]
  _, count, instances = shape(ids)
  planes = split(planes, count)
  order, last = _places(ids > 0)
  ids = tf.reshape(ids, [-1])

  def step(number, state):
    # Not by slices: XLA would compile anew for every place where they begin.
    index = tf.gather(order, number)
    block = index // instances
    image, row = block // count, block % count
    owner = image if owners is None else tf.gather(owners, image)
    plane, value = address(tf.gather(ids, index))
    pixels = tf.gather(planes, (owner * num_planes + plane) * count + row)
    here = pixels == tf.cast(value, tf.uint8)
    return number + 1, body(state, here, block, index)

  return tf.while_loop(
    lambda number, _: number < last, step, (0, state), name='instances'
  )[1]


def used(ids: tf.Tensor, num_planes: int) -> tf.Tensor:
  """Tells in which planes `[b, n]` ids lie, `[b, l]` bool; 0 is in none."""
  plane, _ = address(ids)
  here = plane[..., tf.newaxis] == tf.range(num_planes)
  return tf.reduce_any(here & (ids > 0)[..., tf.newaxis], axis=1)


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
