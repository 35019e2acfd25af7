"""Packs full-size masks into id planes, in the TensorFlow graph.

One loop reads mask after mask, so memory need not hold them all. It reads and
writes only the box of each mask in one plane, in words; see `mask_strips`.
"""

from collections.abc import Callable

import tensorflow as tf

from copypaste_tf.augment.labels import mask_strips
from copypaste_tf.augment.labels.mask_strips import PIXELS
from copypaste_tf.examples import IDS_PER_PLANE

_NO_ROOM = -1


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
  masks = tf.convert_to_tensor(masks)
  return layer_each(
    lambda index: tf.cast(masks[index], tf.bool),
    tf.shape(masks)[0],
    num_planes=num_planes,
    canvas=tf.shape(masks)[1:] if canvas is None else canvas,
  )


def layer_each(
  mask_at: Callable[[tf.Tensor], tf.Tensor],
  count: tf.Tensor,
  *,
  num_planes: int,
  canvas: tuple[int, int] | tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
  """Packs masks that are read one at a time; see `layer`.

  Args:
    mask_at: returns the mask of an int32 index, `[h, w]` bool or uint8.
    count: int32 scalar, number of masks `n`.
    num_planes: number of planes to fill.
    canvas: height `H` and width `W` of the planes in pixels.

  Returns:
    The planes, ids and boxes of `layer`.

  Raises:
    tf.errors.InvalidArgumentError: if the masks need more planes.
  """
  height, width = tf.unstack(tf.convert_to_tensor(canvas))
  columns = mask_strips.num_words(width)
  words, ids, boxes = _pack(
    lambda index: mask_strips.cut(mask_at(index)),
    count,
    tf.zeros([num_planes * height, columns], tf.uint64),
    num_planes,
  )
  check = tf.debugging.assert_non_negative(
    ids,
    'The masks of an image overlap too deeply for '
    f'{num_planes} id planes; raise num_planes.',
  )
  # An eager assertion returns None.
  with tf.control_dependencies([check] if check is not None else []):
    ids = tf.identity(ids)
  return _planes(words, num_planes, width), ids, boxes


def _planes(words, num_planes, width) -> tf.Tensor:
  """Returns `[l, h, w]` uint8 pixels of `[l * h, c]` words."""
  columns = tf.shape(words)[1] * PIXELS
  pixels = tf.bitcast(words, tf.uint8)
  pixels = tf.reshape(pixels, [num_planes, -1, columns])
  return tf.cond(columns > width, lambda: pixels[..., :width], lambda: pixels)


def _pack(strip_at, count, words, num_planes):
  """Packs a mask in each round of a loop, which compares it with all planes.

  Args:
    strip_at: returns the strip of a mask.
    count: number of masks `n`.
    words: `[l * h, c]` uint64, the words of empty planes. They have two axes,
      since an update in place is faster than with three.
    num_planes: number of planes `l`.

  Returns:
    The words; `[n]` int32 ids, -1 for masks that found no room; `[n, 4]` boxes.
  """
  height = tf.shape(words)[0] // num_planes
  every = tf.range(num_planes)

  def step(index, words, used, ids, spans, edges):
    strip = strip_at(index)
    top, left, bottom, right = strip.span
    filled = tf.cast(tf.reduce_max(strip.edges), tf.int32)
    # The planes in use and the next one.
    tried = tf.math.count_nonzero(used, dtype=tf.int32) + 1
    before = tf.strided_slice(
      tf.reshape(words, [num_planes, height, -1]),
      *([0, top, left], [tried, bottom, right]),
    )
    covered = tf.bitwise.bitwise_and(before, strip.words * _word(255))
    overlap = tf.cast(tf.reduce_max(covered, axis=[1, 2]), tf.bool)
    room = ~overlap & (used[:tried] + filled < IDS_PER_PLANE)
    plane = tf.argmax(room, output_type=tf.int32)
    value = used[plane] + filled
    words = tf.raw_ops.TensorStridedSliceUpdate(
      input=words,
      begin=[plane * height + top, left],
      end=[plane * height + bottom, right],
      strides=[1, 1],
      value=before[plane] + strip.words * tf.cast(value, tf.uint64),
    )
    used += tf.where(every == plane, filled, 0)
    found = tf.where(
      room[plane], filled * (IDS_PER_PLANE * plane + value), _NO_ROOM
    )
    return (
      index + 1,
      words,
      used,
      ids.write(index, found),
      spans.write(index, strip.span),
      edges.write(index, strip.edges),
    )

  _, words, _, ids, spans, edges = tf.while_loop(
    lambda index, *_: index < count,
    step,
    (
      *(0, words, tf.zeros([num_planes], tf.int32)),
      tf.TensorArray(tf.int32, count, element_shape=[]),
      tf.TensorArray(tf.int32, count, element_shape=[4]),
      tf.TensorArray(tf.uint8, count, element_shape=[2, PIXELS]),
    ),
    name='masks',
  )
  boxes = mask_strips.boxes(spans.stack(), edges.stack())
  return words, ids.stack(), boxes


def _word(value: int) -> tf.Tensor:
  return tf.constant(value, tf.uint64)
