"""Packs full-size masks into id planes, in the TensorFlow graph.

The loop over the masks reads and writes only the box of each mask in one plane,
in words; see `mask_strips`.
"""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.augment.labels import mask_strips
from copypaste_tf.augment.labels.mask_strips import PIXELS, Strips, num_words
from copypaste_tf.examples import IDS_PER_PLANE

_EVERY_BYTE = 0x0101010101010101


class Layers(NamedTuple):
  """Id planes that masks are packed into, and what they hold.

  Attributes:
    words: `[l * h, w / 8]` uint64, rounded up, the rows of `l` id planes.
    used: `[l]` int32 in [0, 255], number of masks in each plane.
  """

  words: tf.Tensor
  used: tf.Tensor


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
    tf.zeros([num_planes * height, num_words(width)], tf.uint64),
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
    tf.bitcast(layers.words, tf.uint8), [num_planes, -1, columns * PIXELS]
  )
  return tf.cond(
    columns * PIXELS > width, lambda: pixels[..., :width], lambda: pixels
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
  strips = mask_strips.cut(tf.cast(masks, tf.bool), tf.shape(layers.words)[1])
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


def _pack(
  layers: Layers, strips: Strips
) -> tuple[Layers, tf.Tensor, tf.Tensor]:
  """Tries one mask in one plane in each round of a loop.

  Returns:
    The new layers; the ids; the number of masks that found room.
  """
  num_planes = layers.used.shape[0]
  height = tf.shape(layers.words)[0] // num_planes
  top, left, bottom, right = tf.unstack(strips.box, axis=1)
  left, right = left // PIXELS, num_words(right)
  begins = tf.stack([strips.start, left], axis=1)
  corners = tf.stack([top, left], axis=1)
  sizes = tf.stack([bottom - top, right - left], axis=1)
  counted = tf.cast(bottom > top, tf.int32)
  next_plane = tf.stack([height, 0])

  def step(index, plane, words, used, ids):
    size, corner = tf.gather(sizes, index), tf.gather(corners, index)
    corner += plane * next_plane
    mask = tf.slice(strips.words, tf.gather(begins, index), size) * _word(255)
    before = tf.slice(words, corner, size)
    overlap = tf.reduce_max(tf.bitwise.bitwise_and(before, mask))
    count = tf.gather(counted, index)
    value = tf.gather(used, plane) + count
    free = (overlap == _word(0)) & (value < IDS_PER_PLANE)
    free = tf.cast(free, tf.int32)
    drawn = tf.cast(free * value, tf.uint64) * _word(_EVERY_BYTE)
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


def _word(value: int) -> tf.Tensor:
  return tf.constant(value, tf.uint64)
