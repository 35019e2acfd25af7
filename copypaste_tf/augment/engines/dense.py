"""Computes all pixels at once: the form for GPUs and TPUs.

Every function has static shapes and no loop. The large intermediate values,
such as one mask for each instance, take no memory where XLA fuses them with the
operations that read them. `engine` describes the arguments.
"""

import tensorflow as tf

from copypaste_tf import examples
from copypaste_tf.augment.labels import id_planes
from copypaste_tf.augment.labels.extents import Extent, spans
from copypaste_tf.augment.pixels import bfloat16, normalization
from copypaste_tf.augment.pixels.resampling import Linear, Nearest

_BITS = 32  # Bits of the integers that hold a set of values.


def sample_image(
  image: tf.Tensor,
  rows: Linear,
  columns: Linear,
  *,
  covered: tf.Tensor,
  dtype: tf.DType,
  normalize: bool,
) -> tf.Tensor:
  """Resamples images; see `engine.SampleImage`."""
  del covered
  pixels = _mix(
    *(tf.gather(image, x, batch_dims=1) for x in (rows.low, rows.high)),
    rows.weight[:, :, tf.newaxis, tf.newaxis],
  )
  pixels = _mix(
    *(
      tf.gather(pixels, x, axis=2, batch_dims=1)
      for x in (columns.low, columns.high)
    ),
    columns.weight[:, tf.newaxis, :, tf.newaxis],
  )
  if normalize:
    pixels = normalization.normalize(pixels)
  inside = rows.inside[:, :, tf.newaxis] * columns.inside[:, tf.newaxis] > 0
  pixels = tf.where(inside[..., tf.newaxis], pixels, 0.0)
  return pixels if dtype == tf.float32 else bfloat16.to_bits(pixels)


def _mix(low, high, weight) -> tf.Tensor:
  """Interpolates between pixels, in float32."""
  low, high = tf.cast(low, tf.float32), tf.cast(high, tf.float32)
  return low + weight * (high - low)


def sample_planes(
  planes: tf.Tensor,
  rows: Nearest,
  columns: Nearest,
  *,
  covered: tf.Tensor,
  used: tf.Tensor,
) -> tf.Tensor:
  """Resamples id planes; see `engine.SamplePlanes`."""
  del covered
  values = tf.gather(planes, rows.pixel, axis=2, batch_dims=1)
  values = tf.gather(values, columns.pixel, axis=3, batch_dims=1)
  inside = (rows.inside[:, :, tf.newaxis] & columns.inside[:, tf.newaxis]) != 0
  kept = inside[:, tf.newaxis] & used[..., tf.newaxis, tf.newaxis]
  return tf.where(kept, values, tf.zeros([], values.dtype))


def measure(
  planes: tf.Tensor, ids: tf.Tensor, *, size: tf.Tensor | None = None
) -> Extent:
  """Measures instances; see `engine.Measure`. The canvas is one block."""
  del size
  return _measure(planes, ids, None)


def remeasure(
  planes: tf.Tensor,
  ids: tf.Tensor,
  owners: tf.Tensor,
  before: Extent,
  covers: tf.Tensor | None = None,
) -> Extent:
  """Measures what the target still owns; see `engine.Remeasure`."""
  del before, covers
  return _measure(planes, ids, owners[:, tf.newaxis])


def _measure(planes, ids, owners) -> Extent:
  """Measures the pixels of each instance that the target owns."""
  plane, _ = examples.address(ids)
  mask = examples.in_mask(
    tf.gather(planes, plane, batch_dims=1),  # [b, n, h, w]
    ids[..., tf.newaxis, tf.newaxis],
    owners,
  )
  # All three reductions read the mask in one pass, row by row.
  in_row = tf.reduce_sum(tf.cast(mask, tf.int32), axis=-1)
  begin, end = spans(mask)
  ymin, ymax = spans(in_row > 0)
  xmin, xmax = tf.reduce_min(begin, axis=-1), tf.reduce_max(end, axis=-1)
  area = tf.reduce_sum(in_row, axis=-1)
  box = tf.stack([ymin, xmin, ymax, xmax], axis=-1)
  box = tf.where((area > 0)[..., tf.newaxis], box, 0)
  return Extent(area[:, tf.newaxis], box[:, tf.newaxis])


def paste_owners(
  planes: tf.Tensor,
  ids: tf.Tensor,
  chosen: tf.Tensor,
  boxes: tf.Tensor,
  partner: tf.Tensor | None = None,
) -> tf.Tensor:
  """Finds the owner of each pixel; see `engine.PasteOwners`."""
  del boxes
  sets = _value_sets(tf.where(chosen, ids, 0), id_planes.shape(planes)[1])
  if partner is not None:
    planes = tf.gather(planes, partner)
  pasted = tf.reduce_any(_is_member(planes, sets), axis=1)
  return tf.where(
    pasted,
    tf.constant(examples.SOURCE, tf.uint8),
    tf.constant(examples.TARGET, tf.uint8),
  )


def _value_sets(ids, num_planes) -> tf.Tensor:
  """Returns the values of each plane as sets of bits, `[b, l, 8]` int32."""
  every_id = tf.range(num_planes * examples.IDS_PER_PLANE)
  present = tf.reduce_any(ids[..., tf.newaxis] == every_id, axis=1)
  present &= every_id % examples.IDS_PER_PLANE > 0
  words = examples.IDS_PER_PLANE // _BITS
  bits = tf.reshape(
    tf.cast(present, tf.int32),
    [id_planes.shape(ids)[0], num_planes, words, _BITS],
  )
  # The bits do not overlap, so the sum is their union; it may wrap around.
  return tf.reduce_sum(tf.bitwise.left_shift(bits, tf.range(_BITS)), axis=-1)


def _is_member(pixels, sets) -> tf.Tensor:
  """Tells which pixels of `[b, l, h, w]` hold a value of their plane's set.

  Chooses among the few words of a set by comparisons. A table of the values
  would take a gather for each pixel, which is slow on TPUs.
  """
  values = tf.cast(pixels, tf.int32)
  number, bit = values // _BITS, values % _BITS
  word = tf.zeros_like(values)
  for index, of_plane in enumerate(tf.unstack(sets, axis=-1)):
    of_plane = of_plane[..., tf.newaxis, tf.newaxis]
    word = tf.where(number == index, of_plane, word)
  return tf.bitwise.right_shift(word, bit) & 1 > 0


def paste(
  owners: tf.Tensor,
  targets: tf.Tensor,
  sources: tf.Tensor,
  *,
  partner: tf.Tensor | None,
  covers: tf.Tensor,
  used: tf.Tensor,
  read: tf.Tensor,
) -> tf.Tensor:
  """Writes the sources' pixels over the targets; see `engine.Paste`."""
  del covers, read
  if partner is not None:
    sources = tf.gather(sources, partner)
  pasted = examples.is_owner(owners, of_source=True)[:, tf.newaxis]
  pasted &= used[..., tf.newaxis, tf.newaxis]
  if targets.shape.rank > pasted.shape.rank:
    pasted = pasted[..., tf.newaxis]
  return tf.where(pasted, sources, targets)
