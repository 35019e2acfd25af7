"""Decodes the masks of a record to id planes, in the graph.

Our records hold the planes as PNGs, one plane in each channel. Model Garden's
records hold one PNG per object, which are packed into planes here.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.augment.labels import layers
from copypaste_tf.examples import IDS_PER_PLANE, Features


class Labels(NamedTuple):
  """The n labels of a record; the fields are those of `Scenes`.

  Attributes:
    planes: `[l, h, w]` uint8 id planes.
    boxes: `[n, 4]` float32 `(ymin, xmin, ymax, xmax)` in [0, 1], relative to
      the image.
    classes: `[n]` int32.
    ids: `[n]` int32, places in the planes; 0 for labels without a mask.
    crowd: `[n]` bool.
  """

  planes: tf.Tensor
  boxes: tf.Tensor
  classes: tf.Tensor
  ids: tf.Tensor
  crowd: tf.Tensor


def decode_masks(
  features: Mapping[str, tf.Tensor],
  size: tf.Tensor,
  left_out: tf.Tensor,
  *,
  num_planes: int,
  canvas: tf.Tensor | None = None,
) -> tuple[tf.Tensor, tf.Tensor]:
  """Decodes the masks of a record.

  Args:
    features: the parsed record; see `Features`.
    size: `[2]` int32, height and width of the image in pixels.
    left_out: `[n]` bool, objects whose masks are left out, such as crowds.
    num_planes: largest number of id planes; 0 reads no masks.
    canvas: `[2]` int32, height and width in pixels, at least `size`, to which
      planes that are made here are padded; by default `size`. Decoded planes
      have the size of the image.

  Returns:
    `[l, h, w]` uint8 id planes with the image at the top left, at least as many
    as the objects need and at most `num_planes`; and `[n]` int32 ids, 0 for
    objects without a mask. Without planes, ids are the numbers of the objects
    from 1.

  Raises:
    tf.errors.InvalidArgumentError: while running, if the record holds no
      masks, a plane id without its plane, or more planes than fit.
  """
  count = tf.size(features[Features.CLASS])
  if not num_planes:
    nothing = tf.zeros([0, size[0], size[1]], tf.uint8)
    return nothing, tf.where(left_out, 0, tf.range(1, count + 1))
  num_ids = tf.size(features[Features.IDS])
  num_masks = tf.size(features[Features.MASK])
  canvas = size if canvas is None else canvas
  planes, ids = tf.cond(
    (num_ids > 0) | (count == 0),
    lambda: _read_planes(features, size, left_out, num_planes),
    lambda: _layer_masks(features, size, left_out, num_planes, canvas),
  )
  require(
    (num_ids == count) | ((num_ids == 0) & (num_masks == count)),
    'The record does not hold one mask for each object; convert it with '
    'masks. Objects, ids, masks:',
    [count, num_ids, num_masks],
  )
  return tf.ensure_shape(planes, [None, None, None]), ids


def require(
  condition: tf.Tensor, message: str, data: Sequence[tf.Tensor]
) -> None:
  """Raises an error while running, if a record is not as it has to be.

  Args:
    condition: bool scalar.
    message: what was expected.
    data: what came.

  Raises:
    tf.errors.InvalidArgumentError: while running, if the condition is false.
  """
  # `tf.debugging.Assert` would put each assertion into a branch of its own.
  tf.raw_ops.Assert(condition=condition, data=[message, *data])


def _read_planes(features, size, left_out, num_planes):
  """Decodes PNGs until all planes that the objects need are decoded."""
  ids = tf.where(left_out, 0, tf.cast(features[Features.IDS], tf.int32))
  needed = tf.where(ids > 0, ids // IDS_PER_PLANE + 1, 0)
  needed = tf.maximum(tf.reduce_max(needed), 0)
  require(
    needed <= num_planes,
    'The record needs more id planes than are read; raise num_planes to:',
    [needed],
  )
  require(
    tf.reduce_all((ids == 0) | (ids % IDS_PER_PLANE > 0)),
    'An id is that of the background of a plane:',
    [ids],
  )
  pngs = features[Features.PLANES]

  def append(index, planes):
    return index + 1, tf.concat([planes, _decode_png(pngs[index])], axis=0)

  _, planes = tf.while_loop(
    lambda index, planes: (
      (index < tf.size(pngs)) & (tf.shape(planes)[0] < needed)
    ),
    append,
    (0, tf.zeros([0, size[0], size[1]], tf.uint8)),
    shape_invariants=(tf.TensorShape([]), tf.TensorShape([None] * 3)),
  )
  require(needed <= tf.shape(planes)[0], 'An id points to no plane:', [needed])
  return planes[:num_planes], ids


def _decode_png(png) -> tf.Tensor:
  """Decodes a PNG to its channels, `[c, h, w]` uint8."""
  pixels = tf.io.decode_png(png)
  height, width, channels = tf.unstack(tf.shape(pixels))
  # Our PNGs have one channel; a reshape costs less than a transpose.
  return tf.cond(
    channels == 1,
    lambda: tf.reshape(pixels, [1, height, width]),
    lambda: tf.transpose(pixels, [2, 0, 1]),
  )


def _layer_masks(features, size, left_out, num_planes, canvas):
  """Decodes and packs one PNG at a time, so memory holds a single mask."""
  pngs = features[Features.MASK]
  wanted = tf.where(~left_out[: tf.size(pngs)])
  pngs = tf.gather_nd(pngs, wanted)

  def mask_at(index):
    mask = tf.squeeze(tf.io.decode_png(pngs[index], channels=1), axis=2)
    require(
      tf.reduce_all(tf.shape(mask) == size),
      'A mask has another size than the image:',
      [tf.shape(mask), size],
    )
    return mask

  planes, ids, _ = layers.layer_each(
    mask_at, tf.shape(wanted)[0], num_planes=num_planes, canvas=canvas
  )
  return planes, tf.scatter_nd(wanted, ids, tf.shape(left_out, tf.int64))
