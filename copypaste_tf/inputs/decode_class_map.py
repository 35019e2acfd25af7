"""Decodes the class map of a record to an id plane, in the graph.

A pixel of class c has the value c + 1 in the plane, and void pixels have 0. So
the padding of a plane, by the canvas and by the warp, is void. Each class is an
instance of the scene, so Copy-Paste can paste the region of a class.
"""

from collections.abc import Mapping

import tensorflow as tf

from copypaste_tf.examples import IDS_PER_PLANE, VOID, Features
from copypaste_tf.inputs import decode_masks
from copypaste_tf.inputs.data_config import ENCODED
from copypaste_tf.inputs.decode_masks import Labels

_BIT_DEPTH = 24, 1  # Place and length in a PNG.


def decode(
  features: Mapping[str, tf.Tensor],
  size: tf.Tensor,
  *,
  source: str,
  num_planes: int,
) -> Labels:
  """Decodes a class map.

  Args:
    features: the parsed record; see `Features`.
    size: `[2]` int32, height and width of the image in pixels.
    source: `encoded` for the class map of the record, `objects` to make one of
      its objects, later ones over earlier ones; crowds are void.
    num_planes: largest number of id planes with the masks of the objects.

  Returns:
    The n classes in the image as labels. The only plane, `[1, h, w]` uint8,
    holds the class of each pixel plus one, and 0 for void. The id of a class is
    its value in the plane. The boxes are 0, since the canvas replaces such
    boxes by tight ones. The background is the region of class 0: it is no
    label, but its id marks the plane as used.

  Raises:
    tf.errors.InvalidArgumentError: while running, if the record holds no class
      map, one of another size or depth or with colours, or no masks.
  """
  if source == ENCODED:
    plane = _encoded(features, size)
  else:
    plane = _of_objects(features, size, num_planes)
  return _regions(plane)


def class_map(plane: tf.Tensor) -> tf.Tensor:
  """Returns the class map of a plane: the inverse of the shift.

  Args:
    plane: uint8 of any shape, values as `decode` returns them.

  Returns:
    uint8 of the same shape: 0 is the background, `VOID` is void.
  """
  return plane - tf.constant(1, tf.uint8)  # 0 becomes 255, which is VOID.


def _encoded(features, size) -> tf.Tensor:
  """Decodes the PNG; a palette is expanded to colours, so it is refused."""
  stored = features[Features.CLASS_MAP]
  decode_masks.require(
    tf.size(stored) == 1,
    f'The record does not hold one class map ({Features.CLASS_MAP}) but:',
    [tf.size(stored)],
  )
  pixels = tf.io.decode_png(stored[0])
  # Other depths would be scaled to 8 bits, which changes the ids.
  depth = tf.strings.substr(stored[0], *_BIT_DEPTH)
  decode_masks.require(
    depth == b'\x08',
    f'{Features.CLASS_MAP}: expected a PNG of 8 bits, got the depth:',
    [tf.io.decode_raw(depth, tf.uint8)],
  )
  shape = tf.shape(pixels)
  decode_masks.require(
    shape[2] == 1,
    f'{Features.CLASS_MAP}: expected a grey PNG of class ids, got a palette or '
    'colours; channels:',
    [shape[2]],
  )
  decode_masks.require(
    tf.reduce_all(shape[:2] == size),
    f'{Features.CLASS_MAP} has another size than the image:',
    [shape[:2], size],
  )
  return pixels[..., 0] + tf.constant(1, tf.uint8)  # VOID becomes 0.


def _of_objects(features, size, num_planes) -> tf.Tensor:
  """Draws the objects in their order, over the crowds."""
  classes = tf.cast(features[Features.CLASS], tf.int32)
  crowd = tf.cast(features[Features.CROWD], tf.bool)
  decode_masks.require(
    tf.reduce_all(classes < VOID),
    f'A class map holds category ids below {VOID}, got:',
    [classes],
  )
  planes, ids = decode_masks.decode_masks(
    features, size, tf.zeros_like(crowd), num_planes=num_planes
  )
  order = tf.argsort(tf.cast(~crowd, tf.int32), stable=True)
  ids = tf.gather(ids, order)
  count, depth = tf.size(ids), tf.shape(planes)[0]
  # The rank of each value of each plane; 0 for a value without an object.
  ranks = tf.tensor_scatter_nd_max(
    tf.zeros([(depth + 1) * IDS_PER_PLANE], tf.int32),
    ids[:, tf.newaxis],
    tf.where(ids > 0, tf.range(1, count + 1), 0),
  )
  first = IDS_PER_PLANE * tf.range(depth)[:, tf.newaxis, tf.newaxis]
  top = tf.gather(ranks, first + tf.cast(planes, tf.int32))
  background = tf.zeros([1, size[0], size[1]], tf.int32)
  top = tf.reduce_max(tf.concat([top, background], axis=0), axis=0)
  values = tf.where(crowd, 0, classes + 1)
  values = tf.concat([[1], tf.gather(values, order)], axis=0)
  return tf.cast(tf.gather(values, top), tf.uint8)


def _regions(plane) -> Labels:
  counts = tf.math.bincount(
    tf.reshape(tf.cast(plane, tf.int32), [-1]), minlength=IDS_PER_PLANE
  )
  values = tf.cast(tf.where(counts[1:] > 0)[:, 0], tf.int32) + 1
  count = tf.size(values)
  return Labels(
    planes=plane[tf.newaxis],
    boxes=tf.zeros([count, 4]),
    classes=values - 1,
    ids=values,
    crowd=tf.zeros([count], tf.bool),
  )
