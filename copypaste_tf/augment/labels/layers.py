"""Packs full-size masks into id planes, in the TensorFlow graph.

Eight pixels of a row are one number of 64 bits here, a word. The loop over the
masks reads and writes only the box of each mask in one plane.
"""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.examples import IDS_PER_PLANE

_WORD = 8  # pixels
_EVERY_BYTE = 0x0101010101010101
# A byte of a sum holds as many rows of a mask.
_SUMMED = 255


class Layers(NamedTuple):
  """Id planes that masks are packed into, and what they hold.

  Attributes:
    words: `[l * h, w / 8]` uint64, rounded up, the rows of `l` id planes.
    used: `[l]` int32 in [0, 255], number of masks in each plane.
  """

  words: tf.Tensor
  used: tf.Tensor


class _Strips(NamedTuple):
  """The rows of `n` masks from the first to the last with a pixel.

  Attributes:
    words: `[k, w / 8]` uint64, rounded up; a byte is 1 inside. The rows of the
      masks follow each other.
    start: `[n]` int32, first row of each mask in `words`.
    box: `[n, 4]` int32 `(ymin, xmin, ymax, xmax)` in pixels with exclusive
      ends; zeros for masks without pixels.
  """

  words: tf.Tensor
  start: tf.Tensor
  box: tf.Tensor


def empty(num_planes: int, height: tf.Tensor, width: tf.Tensor) -> Layers:
  """Makes planes without masks.

  Args:
    num_planes: number of planes `l`.
    height: int32 scalar, number of rows.
    width: int32 scalar, number of columns.

  Returns:
    Empty layers of this size.
  """
  return Layers(
    tf.zeros([num_planes * height, _words(width)], tf.uint64),
    tf.zeros([num_planes], tf.int32),
  )


def planes(layers: Layers, width: tf.Tensor) -> tf.Tensor:
  """Returns the planes as pixels.

  Args:
    layers: packed masks.
    width: int32 scalar, number of columns.

  Returns:
    `[l, h, w]` uint8, 0 where no mask lies.
  """
  num_planes, columns = layers.used.shape[0], tf.shape(layers.words)[1]
  pixels = tf.reshape(
    tf.bitcast(layers.words, tf.uint8), [num_planes, -1, columns * _WORD]
  )
  return tf.cond(
    columns * _WORD > width, lambda: pixels[..., :width], lambda: pixels
  )


def layer(
  masks: tf.Tensor,
  *,
  num_planes: int,
  canvas: tuple[int, int] | tf.Tensor | None = None,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
  """Packs each mask into the first plane where it overlaps no other mask.

  Args:
    masks: `[n, h, w]` bool or numbers, nonzero inside.
    num_planes: number of planes to fill.
    canvas: height `H` and width `W` of the planes in pixels, at least those of
      the masks, which lie at the top left; by default those of the masks.

  Returns:
    planes: `[num_planes, H, W]` uint8, 0 where no mask lies.
    ids: `[n]` int32; 0 for masks without pixels.
    boxes: `[n, 4]` int32, tight boxes `(ymin, xmin, ymax, xmax)` in pixels;
      zeros for masks without pixels.

  Raises:
    tf.errors.InvalidArgumentError: if the masks need more planes.

  >>> planes, ids, boxes = layer(tf.ones([2, 1, 1]), num_planes=3)
  >>> ids.numpy(), planes.numpy().ravel()
  (array([  1, 257], dtype=int32), array([1, 1, 0], dtype=uint8))
  """
  canvas = tf.shape(masks)[1:] if canvas is None else canvas
  height, width = tf.unstack(tf.convert_to_tensor(canvas))
  layers, ids, boxes = add(empty(num_planes, height, width), masks)
  return planes(layers, width), ids, boxes


def add(
  layers: Layers, masks: tf.Tensor
) -> tuple[Layers, tf.Tensor, tf.Tensor]:
  """Packs each mask into the first plane that has room for it.

  Args:
    layers: planes of at least the size of the masks.
    masks: `[n, h, w]` bool or numbers, nonzero inside.

  Returns:
    The new layers; `[n]` int32 ids, 0 for masks without pixels; and `[n, 4]`
    int32 tight boxes in pixels, zeros for masks without pixels.

  Raises:
    tf.errors.InvalidArgumentError: if no plane has room for a mask.
  """
  strips = _cut(tf.cast(masks, tf.bool), tf.shape(layers.words)[1])
  layers, ids, packed = _pack(layers, strips)
  num_planes = layers.used.shape[0]
  check = tf.debugging.assert_equal(
    packed,
    tf.shape(masks)[0],
    'The masks of an image overlap too deeply for '
    f'{num_planes} id planes; raise num_planes.',
  )
  # An eager assertion returns None.
  with tf.control_dependencies([check] if check is not None else []):
    return layers, tf.identity(ids), strips.box


def _pack(layers, strips) -> tuple[Layers, tf.Tensor, tf.Tensor]:
  """Tries one mask in one plane in each round of a loop.

  Returns:
    The new layers; the ids; the number of masks that found room.
  """
  num_planes = layers.used.shape[0]
  height = tf.shape(layers.words)[0] // num_planes
  top, left, bottom, right = tf.unstack(strips.box, axis=1)
  left, right = left // _WORD, _words(right)
  begins = tf.stack([strips.start, left], axis=1)
  corners = tf.stack([top, left], axis=1)
  sizes = tf.stack([bottom - top, right - left], axis=1)
  counted = tf.cast(bottom > top, tf.int32)
  next_plane = tf.stack([height, 0])

  def step(index, plane, words, used, ids):
    size, corner = tf.gather(sizes, index), tf.gather(corners, index)
    corner += plane * next_plane
    mask = tf.slice(strips.words, tf.gather(begins, index), size) * 255
    before = tf.slice(words, corner, size)
    overlap = tf.reduce_max(tf.bitwise.bitwise_and(before, mask))
    count = tf.gather(counted, index)
    value = tf.gather(used, plane) + count
    free = (overlap == 0) & (value < IDS_PER_PLANE)
    free = tf.cast(free, tf.int32)
    drawn = tf.cast(free * value, tf.uint64) * _EVERY_BYTE
    words = tf.raw_ops.TensorStridedSliceUpdate(
      input=words,
      begin=corner,
      end=corner + size,
      strides=[1, 1],
      value=before + tf.bitwise.bitwise_and(mask, drawn),
    )
    count *= free
    used = tf.tensor_scatter_nd_add(used, [[plane]], [count])
    new = count * (IDS_PER_PLANE * plane + value)
    ids = tf.tensor_scatter_nd_add(ids, [[index]], [new])
    return index + free, (1 - free) * (plane + 1), words, used, ids

  packed, _, words, used, ids = tf.while_loop(
    lambda index, plane, *_: (
      (index < tf.shape(counted)[0]) & (plane < num_planes)
    ),
    step,
    (0, 0, *layers, tf.zeros_like(counted)),
    name='masks',
  )
  return Layers(words, used), ids, packed


def _cut(masks, columns) -> _Strips:
  """Cuts `[n, h, w]` bool masks into strips, `columns` words wide."""
  count, height, width = tf.unstack(tf.shape(masks))
  top, bottom = _span(tf.reduce_any(masks, axis=2))
  rows = tf.ragged.range(top, bottom, row_splits_dtype=tf.int32)
  mask = rows.value_rowids()
  flat = tf.gather(
    tf.reshape(masks, [count * height, width]), mask * height + rows.values
  )
  words = _to_words(tf.cast(flat, tf.uint8), columns)
  # Sums over few rows, since sums of more would run over into the next byte.
  parts = height // _SUMMED + 1
  sums = tf.math.unsorted_segment_sum(
    words, mask * parts + rows.values // _SUMMED, count * parts
  )
  in_column = tf.reshape(
    tf.bitcast(sums, tf.uint8), [count, parts, columns * _WORD]
  )
  left, right = _span(tf.reduce_max(in_column, axis=1) > 0)
  box = tf.stack([top, left, bottom, right], axis=1)
  return _Strips(words, rows.row_starts(), box)


def _to_words(rows, columns) -> tf.Tensor:
  """Packs `[k, w]` uint8 into `[k, columns]` uint64, with zeros at the end."""
  count, width = tf.unstack(tf.shape(rows))
  missing = columns * _WORD - width
  rows = tf.cond(
    missing > 0,
    lambda: tf.concat([rows, tf.zeros([count, missing], tf.uint8)], axis=1),
    lambda: rows,
  )
  return tf.bitcast(tf.reshape(rows, [count, columns, _WORD]), tf.uint64)


def _span(flags) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the span of true flags in each row of `[n, s]` bool.

  Returns:
    `[n]` int32 first position, and last position plus 1; zeros without any.
  """
  position = tf.range(tf.shape(flags)[1])
  last = tf.reduce_max(tf.where(flags, position + 1, 0), axis=1)
  last = tf.maximum(last, 0)  # The maximum of nothing is negative.
  first = tf.reduce_min(tf.where(flags, position, last[:, tf.newaxis]), axis=1)
  return tf.minimum(first, last), last


def _words(pixels) -> tf.Tensor:
  """Returns the number of words that hold a number of pixels."""
  return (pixels + _WORD - 1) // _WORD
