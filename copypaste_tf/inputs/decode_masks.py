"""From the masks of a record to id planes, in the graph.

Our records hold the planes, as PNGs of one to four channels. Of Model Garden's,
the masks, one PNG per object, are packed into planes on the way.
"""

from collections.abc import Mapping

import tensorflow as tf

from copypaste_tf.augment import layers
from copypaste_tf.examples import IDS_PER_PLANE, Features

# Of the colour type in a PNG's header: grey, -, RGB, palette, grey and alpha,
# -, RGBA.
_CHANNELS = (1, 0, 3, 3, 2, 0, 4)
_COLOUR_TYPE = 25  # Where it is.
_PLANES_PER_WORD = 4


def decode_masks(
  features: Mapping[str, tf.Tensor],
  size: tf.Tensor,
  crowd: tf.Tensor,
  *,
  num_planes: int,
) -> tuple[tf.Tensor, tf.Tensor]:
  """Decodes the masks of a record.

  Args:
    features: the parsed record; see `Features`.
    size: `[2]` int32, height and width of the image.
    crowd: `[n]` bool, objects whose masks are left out.
    num_planes: number `l` of id planes.

  Returns:
    `[h, w, l]` uint8 planes, and `[n]` int32 ids, 0 for crowds.

  Raises:
    tf.errors.InvalidArgumentError: while running, if the record holds no
      masks, a plane id without its plane, or more planes than fit.
  """
  count = tf.size(features[Features.CLASS])
  num_ids = tf.size(features[Features.IDS])
  num_masks = tf.size(features[Features.MASK])
  planes, ids = tf.cond(
    (num_ids > 0) | (count == 0),
    lambda: _read_planes(features, size, crowd, num_planes),
    lambda: _layer_masks(features, size, crowd, num_planes),
  )
  _require(
    (num_ids == count) | ((num_ids == 0) & (num_masks == count)),
    'The record does not hold one mask for each object; convert it with '
    'masks. Objects, ids, masks:',
    [count, num_ids, num_masks],
  )
  return tf.ensure_shape(planes, [None, None, num_planes]), ids


def _require(condition, message, data):
  tf.debugging.Assert(condition, [message, *data])


def _read_planes(features, size, crowd, num_planes):
  """Decodes the PNGs until all planes of the objects are there."""
  ids = tf.where(crowd, 0, tf.cast(features[Features.IDS], tf.int32))
  needed = tf.where(ids > 0, ids // IDS_PER_PLANE + 1, 0)
  needed = tf.maximum(tf.reduce_max(needed), 0)
  _require(
    needed <= num_planes,
    'The record needs more id planes than are read; raise num_planes to:',
    [needed],
  )
  pngs = features[Features.PLANES]

  def append(index, found, words):
    channels, more = _decode_png(pngs[index])
    words = [
      _add(word, more, found - _PLANES_PER_WORD * i)
      for i, word in enumerate(words)
    ]
    return index + 1, found + channels, words

  # An even number, as pairs of them become eight planes.
  scalar = tf.TensorShape([])
  num_words = 2 * -(-num_planes // (2 * _PLANES_PER_WORD))
  _, found, words = tf.while_loop(
    lambda index, found, _: (index < tf.size(pngs)) & (found < needed),
    append,
    (0, tf.constant(0), [tf.zeros([0, 0], tf.uint32)] * num_words),
    shape_invariants=(
      scalar,
      scalar,
      [tf.TensorShape([None, None])] * num_words,
    ),
  )
  _require(needed <= found, 'An id points to no plane:', [needed])
  return _planes(words, size, found)[..., :num_planes], ids


def _decode_png(png) -> tuple[tf.Tensor, tf.Tensor]:
  """Decodes up to four planes as the bytes of integers.

  As such they are joined with others, and padded with empty planes, in a
  fraction of the time that it takes to join them as channels.

  Returns:
    The number of channels, and `[h, w]` uint32.
  """
  colour_type = tf.io.decode_raw(
    tf.strings.substr(png, _COLOUR_TYPE, 1), tf.uint8
  )
  channels = tf.gather(_CHANNELS, tf.cast(colour_type[0], tf.int32))

  def read(stored, dtype):
    pixels = tf.io.decode_png(png, channels=0 if stored == 2 else stored)
    pixels = tf.ensure_shape(pixels, [None, None, stored])
    pixels = pixels[..., 0] if stored == 1 else tf.bitcast(pixels, dtype)
    return tf.cast(pixels, tf.uint32)

  # Three are read as four, of which the last is 255.
  without_last = tf.constant(0xFFFFFF, tf.uint32)
  words = tf.switch_case(
    channels - 1,
    [
      lambda: read(1, tf.uint8),
      lambda: read(2, tf.uint16),
      lambda: tf.bitwise.bitwise_and(read(4, tf.uint32), without_last),
      lambda: read(4, tf.uint32),
    ],
  )
  return channels, words


def _add(word, more, places) -> tf.Tensor:
  """Adds to a word the bytes of another, moved up, or down if negative.

  An empty word is one to which nothing was added.
  """

  def bits(places):
    return tf.cast(8 * places, tf.uint32)

  def join():
    moved = tf.case(
      [
        (places < 0, lambda: tf.bitwise.right_shift(more, bits(-places))),
        (places > 0, lambda: tf.bitwise.left_shift(more, bits(places))),
      ],
      default=lambda: more,
    )
    return tf.cond(
      tf.size(word) > 0,
      lambda: tf.bitwise.bitwise_or(word, moved),
      lambda: moved,
    )

  return tf.cond(tf.abs(places) < _PLANES_PER_WORD, join, lambda: word)


def _planes(words, size, found) -> tf.Tensor:
  """Returns the bytes of integers as channels, `[h, w, l]` uint8."""
  planes = []
  for i in range(0, len(words), 2):
    low, high = words[i : i + 2]
    both = tf.case(
      [
        (found <= _PLANES_PER_WORD * i, lambda: tf.zeros(size, tf.uint64)),
        (
          found <= _PLANES_PER_WORD * (i + 1),
          lambda low=low: tf.cast(low, tf.uint64),
        ),
      ],
      default=lambda low=low, high=high: _join(low, high),
    )
    planes.append(tf.bitcast(both, tf.uint8))
  return planes[0] if len(planes) == 1 else tf.concat(planes, axis=-1)


def _join(low, high) -> tf.Tensor:
  """Returns uint64 of two halves."""
  high = tf.bitwise.left_shift(
    tf.cast(high, tf.uint64), tf.constant(32, tf.uint64)
  )
  return tf.bitwise.bitwise_or(tf.cast(low, tf.uint64), high)


def _layer_masks(features, size, crowd, num_planes):
  """Packs one PNG after the other, so that only one is held at a time."""
  pngs = features[Features.MASK]

  def place(index, planes, used, ids):
    mask = tf.io.decode_png(pngs[index], channels=1)[..., 0] > 0
    mask &= ~crowd[index]
    planes, used, new = layers.add_mask(planes, used, mask)
    return index + 1, planes, used, ids.write(index, new)

  ids = tf.TensorArray(tf.int32, tf.size(pngs), element_shape=[])
  _, planes, _, ids = tf.while_loop(
    lambda index, *_: index < tf.size(pngs),
    place,
    (
      0,
      tf.zeros([size[0], size[1], num_planes], tf.uint8),
      tf.zeros([num_planes], tf.int32),
      ids,
    ),
  )
  return planes, ids.stack()
