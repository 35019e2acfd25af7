"""The pixels of one canvas over those of another."""

import tensorflow as tf

from copypaste_tf.augment import planes as planes_lib

# Rows that are written or left alone together; few of them stay in the cache.
_BLOCK_ROWS = 8


def paste(
  alpha: tf.Tensor,
  sources: tf.Tensor,
  targets: tf.Tensor,
  covers: tf.Tensor,
) -> tf.Tensor:
  """Writes the sources' pixels over the targets, where there are any.

  In blocks of rows, one after the other; those that stay what they are are not
  touched.

  Args:
    alpha: `[b, h, w]` bool, the pixels to write.
    sources: `[b, h, w, c]`, the i-th for the i-th target.
    targets: `[b, h, w, c]` of the same dtype.
    covers: `[b, n, 4]` int32, boxes that together hold all of them.

  Returns:
    `[b, h, w, c]`, of the source under `alpha` and of the target elsewhere.
  """
  grid = planes_lib.grid(planes_lib.shape(targets)[1], _BLOCK_ROWS)
  alpha, sources, blocks = (
    planes_lib.split(x, grid) for x in (alpha, sources, targets)
  )

  def step(block, blocks):
    new = _where(
      tf.gather(alpha, block),
      tf.gather(sources, block),
      blocks.read(block),
    )
    return blocks.write(block, new)

  state = planes_lib.array_of(blocks)
  blocks = planes_lib.fold_blocks(step, state, _pasted(covers, grid)).stack()
  return tf.reshape(blocks, planes_lib.shape(targets))


def paste_within(
  alpha: tf.Tensor, images: tf.Tensor, partner: tf.Tensor, covers: tf.Tensor
) -> tf.Tensor:
  """Writes the pixels of a batch over other images of it, in place.

  As `paste` does with `sources = tf.gather(images, partner)`, of which no copy
  is made: block by block, each image is written when the one that takes from
  it has been. Only of one image in each circle of takers a block is kept.

  Args:
    alpha: `[b, h, w]` bool, the pixels to write.
    images: `[b, h, w, c]`, sources and targets.
    partner: `[b]` int32, a permutation, whose pixels each image takes.
    covers: `[b, n, 4]` int32, boxes that together hold all of them.

  Returns:
    `[b, h, w, c]`.
  """
  grid = planes_lib.grid(planes_lib.shape(images)[1], _BLOCK_ROWS)
  pasted = _pasted(covers, grid)
  batch, count = planes_lib.shape(pasted)
  alpha, blocks = (planes_lib.split(x, grid) for x in (alpha, images))
  order, opens, closes = _circles(partner)
  written = tf.transpose(tf.gather(pasted, order))

  def step(index, state):
    blocks, kept = state
    place, image = index // batch, tf.gather(order, index % batch)
    block, giver = image * count + place, tf.gather(partner, image)
    own = blocks.read(block)
    # What need not be kept goes where it is never read: cheaper than to choose.
    slot = tf.cast(~tf.gather(opens, image), tf.int32)
    kept = kept.write(slot, own)
    gone = tf.gather(closes, image) & tf.gather_nd(pasted, [giver, place])
    other = tf.where(gone, kept.read(0), blocks.read(giver * count + place))
    new = _where(tf.gather(alpha, block), other, own)
    return blocks.write(block, new), kept

  state = (
    planes_lib.array_of(blocks),
    planes_lib.array_of(tf.zeros_like(blocks[:2])),
  )
  blocks, _ = planes_lib.fold_blocks(step, state, written)
  return tf.reshape(blocks.stack(), planes_lib.shape(images))


def _pasted(covers, grid) -> tf.Tensor:
  """Returns `[b, k]` bool, the blocks of rows into which a box reaches."""
  return tf.reduce_any(planes_lib.reach(covers, grid), axis=-1)


def _circles(partner) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
  """Orders the circles of a permutation, each element before its partner.

  Returns:
    The order, `[b]` int32, and of each element, `[b]` bool, whether it opens a
    circle, and whether it closes one: its partner is the one that opens it.
  """
  elements = tf.range(planes_lib.shape(partner)[0])
  orbits = tf.scan(lambda at, _: tf.gather(partner, at), elements, elements)
  closing = tf.reduce_min(orbits, axis=0)
  here = tf.gather(orbits, closing, axis=1) == elements
  position = tf.argmax(tf.cast(here, tf.int32), output_type=tf.int32)
  order = tf.argsort(closing * planes_lib.shape(partner)[0] + position)
  return order, position == 0, closing == elements


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
