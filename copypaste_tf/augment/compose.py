"""The pixels of one canvas over those of another."""

import tensorflow as tf

from copypaste_tf.augment import planes as planes_lib


def paste(
  alpha: tf.Tensor,
  sources: tf.Tensor,
  targets: tf.Tensor,
  partner: tf.Tensor | None = None,
) -> tf.Tensor:
  """Writes the partners' pixels over the targets, where there are any.

  In blocks of rows, one after the other: neither are all sources copied into
  the order of the targets, nor is a block touched that stays what it is.

  Args:
    alpha: `[b, h, w]` bool, the pixels to write.
    sources: `[b, h, w, c]`.
    targets: `[b, h, w, c]` of the same dtype.
    partner: `[b]` int32, which of the sources is for the i-th target; the i-th
      by default.

  Returns:
    `[b, h, w, c]`, of the source under `alpha` and of the target elsewhere.
  """
  batch, height, _, _ = planes_lib.shape(targets)
  rows = planes_lib.block_rows(height)
  alpha, sources, targets = (
    planes_lib.split_rows(x, rows) for x in (alpha, sources, targets)
  )
  count = height // rows
  partner = tf.range(batch) if partner is None else partner
  pasted = tf.cast(tf.reduce_any(alpha, axis=[1, 2]), tf.int32)
  order = tf.argsort(pasted, direction='DESCENDING', stable=True)

  def step(index, pixels):
    block = tf.gather(order, index)
    image, place = block // count, block % count
    new = _where(
      tf.gather(alpha, block),
      tf.gather(sources, tf.gather(partner, image) * count + place),
      tf.gather(pixels, block),
    )
    pixels = tf.tensor_scatter_nd_update(pixels, [[block]], new[tf.newaxis])
    return index + 1, pixels

  last = tf.reduce_sum(pasted)
  _, pixels = tf.while_loop(lambda index, _: index < last, step, (0, targets))
  return tf.reshape(pixels, [batch, height, *planes_lib.shape(pixels)[2:]])


def _where(alpha, source, target) -> tf.Tensor:
  """Selects between `[..., h, w, c]` by `[..., h, w]`, exactly.

  By the bits: XLA's code for CPUs takes three to eight times as long for a
  `tf.where` whose condition is the same for all channels.
  """
  bits = tf.uint8 if source.dtype == tf.uint8 else tf.int32
  ones = bits.max if bits == tf.uint8 else -1
  mask = (tf.cast(alpha, bits) * ones)[..., tf.newaxis]
  a, b = (tf.bitcast(x, bits) for x in (source, target))
  chosen = tf.bitwise.bitwise_and(mask, tf.bitwise.bitwise_xor(a, b))
  return tf.bitcast(tf.bitwise.bitwise_xor(chosen, b), source.dtype)
