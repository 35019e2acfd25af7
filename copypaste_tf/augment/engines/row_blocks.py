"""Loops over the blocks of rows of id planes and the instances in them.

One processor core works on one block at a time, in its cache, and leaves out
blocks without anything to do.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import tensorflow as tf

from copypaste_tf import examples
from copypaste_tf.augment.labels.id_planes import shape

_State = TypeVar('_State')


class Grid(NamedTuple):
  """Division of a canvas into blocks of rows, from top to bottom.

  Attributes:
    rows: number of rows of a block.
    count: number of blocks `k` of a canvas.
  """

  rows: int | tf.Tensor
  count: int | tf.Tensor


def grid(height: int | tf.Tensor, most: int = 128) -> Grid:
  """Divides a canvas into blocks of rows of equal height.

  Args:
    height: number of rows of the canvas, a Python or int32 scalar.
    most: largest number of rows of a block. The height of a block is the
      greatest common divisor of `most` and the height if that is at least a
      quarter of `most`, else the whole height.

  Returns:
    A `Grid`.

  >>> grid(1024)
  Grid(rows=128, count=8)
  >>> grid(7)
  Grid(rows=7, count=1)
  """
  rows = height
  if isinstance(height, int):
    rows = math.gcd(height, most)
    rows = rows if rows >= most // 4 else height
  return Grid(rows, height // rows)


def split(layers: tf.Tensor, count: int | tf.Tensor) -> tf.Tensor:
  """Cuts layers of canvases into blocks of rows.

  Args:
    layers: `[b, l, h, ...]` of any dtype.
    count: number of blocks `k` of a canvas.

  Returns:
    `[b * l * k, h / k, ...]` of the same dtype.
  """
  height, *row = shape(layers)[2:]
  return tf.reshape(layers, [-1, height // count, *row])


def new_blocks(
  dtype: tf.DType, count: int | tf.Tensor, block_shape: Sequence[int]
) -> tf.TensorArray:
  """Makes an array of blocks that loops write to in place.

  Args:
    dtype: dtype of the blocks.
    count: number of blocks, a Python or int32 scalar.
    block_shape: shape of a block.

  Returns:
    An array of `count` blocks.
  """
  return tf.TensorArray(
    dtype, count, clear_after_read=False, element_shape=block_shape
  )


def array_of(blocks: tf.Tensor) -> tf.TensorArray:
  """Makes an array of blocks, as `new_blocks` does, and fills it.

  Args:
    blocks: `[k, ...]` of any dtype.

  Returns:
    An array of `k` blocks of the same dtype.
  """
  count, *block_shape = shape(blocks)
  return new_blocks(blocks.dtype, count, block_shape).unstack(blocks)


def fold_blocks(
  body: Callable[[tf.Tensor, _State], _State], state: _State, wanted: tf.Tensor
) -> _State:
  """Loops over the wanted blocks, one after the other.

  Args:
    body: maps `(number, state)` to the next state.
    state: the first state.
    wanted: `[...]` bool, one flag per block, in the order of the blocks.

  Returns:
    The last state.
  """
  per_row = shape(wanted)[-1]

  def step(row, column, state):
    return body(row * per_row + column, state)

  return _fold(step, state, tf.reshape(wanted, [-1, per_row]), 'blocks')


def reach(boxes: tf.Tensor, grid: Grid) -> tf.Tensor:
  """Finds the blocks of rows that each box reaches into.

  Args:
    boxes: `[b, n, 4]` int32 in pixels of the canvas; a box of zeros reaches
      nowhere.
    grid: a division into `k` blocks.

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
  partner: tf.Tensor | None = None,
) -> _State:
  """Loops over the instances of blocks of rows, one after the other.

  A step compares the contiguous bytes of one block, which stays in the cache of
  a core.

  Args:
    body: maps `(state, mask, block, index)` to the next state. `mask` is
      `[h / k, w]` bool, the pixels of the block that hold the instance's value;
      `block` in [0, b * k) is the number of the block and `index` in
      [0, b * k * n) that of the instance in the block.
    state: the first state.
    planes: `[b, l, h, w]` uint8 id planes.
    ids: `[b, k, n]` int32, the instances of each block; id 0 is skipped.
    partner: `[b]` int32 in [0, b), the image whose planes hold the instances
      of image i; by default image i itself.

  Returns:
    The last state.
  """
  num_planes = shape(planes)[1]
  _, count, instances = shape(ids)
  planes = split(planes, count)
  wanted = tf.reshape(ids > 0, [-1, instances])
  ids = tf.reshape(ids, [-1])

  def step(block, column, state):
    image, row = block // count, block % count
    source = image if partner is None else tf.gather(partner, image)
    index = block * instances + column
    # A slice would make XLA compile again for every offset; a gather does not.
    instance_id = tf.gather(ids, index)
    plane, _ = examples.address(instance_id)
    pixels = tf.gather(planes, (source * num_planes + plane) * count + row)
    mask = examples.has_value(pixels, instance_id)
    return body(state, mask, block, index)

  return _fold(step, state, wanted, 'instances')


def _fold(body, state, flags, name):
  """Loops over the true flags, row by row.

  Searches each row for its next true flag on the way. A list of all true flags
  needs a cumulative sum and a scatter, which take XLA long to compile.

  Args:
    body: maps `(row, column, state)` to the next state.
    state: the first state.
    flags: `[r, n]` bool.
    name: name of the loops.

  Returns:
    The last state.
  """
  rows, columns = shape(flags)

  def after(row, column):
    later = tf.gather(flags, row) & (tf.range(columns) > column)
    # The search ends after the last column.
    later = tf.concat([later, [True]], axis=0)
    return tf.argmax(later, output_type=tf.int32)

  def step(row, state):
    return row + 1, tf.while_loop(
      lambda column, _: column < columns,
      lambda column, state: (after(row, column), body(row, column, state)),
      (after(row, -1), state),
      name=name,
    )[1]

  return tf.while_loop(
    lambda row, _: row < rows, step, (0, state), name=f'{name}_rows'
  )[1]
