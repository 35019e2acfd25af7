"""The pixels of one canvas over those of another."""

import tensorflow as tf

from copypaste_tf.augment.labels import planes as planes_lib

# Integers of as many bytes as a number.
_BITS = {1: tf.uint8, 2: tf.uint16, 4: tf.uint32}


def reached(covers: tf.Tensor, height: int | tf.Tensor, rows: int) -> tf.Tensor:
  """Tells which blocks of rows hold a part of a box.

  Args:
    covers: `[b, n, 4]` int32; a box of zeros is nowhere.
    height: rows of the canvas.
    rows: of a block, see `planes.grid`.

  Returns:
    `[b, k]` bool.
  """
  grid = planes_lib.grid(height, rows)
  return tf.reduce_any(planes_lib.reach(covers, grid), axis=-1)


def paste(
  alpha: tf.Tensor,
  sources: tf.Tensor,
  targets: tf.Tensor,
  wanted: tf.Tensor,
) -> tf.Tensor:
  """Writes the sources' pixels over the targets.

  In blocks of rows, one after the other; what stays as it is is not touched.

  Args:
    alpha: `[b, h, w]` bool, the pixels to write.
    sources: `[b, l, h, w, ...]`, `l` layers of the i-th for the i-th target.
    targets: `[b, l, h, w, ...]` of the same dtype.
    wanted: `[b, l, k]` bool, which of `k` blocks of rows to write.

  Returns:
    `[b, l, h, w, ...]`, in wanted blocks of the source under `alpha` and of the
    target elsewhere.
  """
  _, layers, count = planes_lib.shape(wanted)
  alpha, sources, blocks = (
    planes_lib.split(x, count) for x in (alpha[:, tf.newaxis], sources, targets)
  )

  def step(block, blocks):
    image, row = block // (layers * count), block % count
    new = _where(
      tf.gather(alpha, image * count + row),
      tf.gather(sources, block),
      blocks.read(block),
    )
    return blocks.write(block, new)

  state = planes_lib.array_of(blocks)
  blocks = planes_lib.fold_blocks(step, state, wanted).stack()
  return tf.reshape(blocks, planes_lib.shape(targets))


def paste_within(
  alpha: tf.Tensor, images: tf.Tensor, partner: tf.Tensor, wanted: tf.Tensor
) -> tf.Tensor:
  """Writes the pixels of a batch over other images of it, in place.

  As `paste` does with `sources = tf.gather(images, partner)`, of which no copy
  is made: block by block, each image is written when the one that takes from
  it has been. Only of one image in each circle of takers a block is kept.

  Args:
    alpha: `[b, h, w]` bool, the pixels to write.
    images: `[b, l, h, w, ...]`, sources and targets.
    partner: `[b]` int32, a permutation, whose pixels each image takes.
    wanted: `[b, l, k]` bool, which of `k` blocks of rows to write.

  Returns:
    `[b, l, h, w, ...]`.
  """
  batch, layers, count = planes_lib.shape(wanted)
  places = layers * count
  wanted = tf.reshape(wanted, [batch, places])
  alpha, blocks = (
    planes_lib.split(x, count) for x in (alpha[:, tf.newaxis], images)
  )
  order, opens, closes = _circles(partner)

  def step(index, state):
    blocks, kept = state
    place, image = index // batch, tf.gather(order, index % batch)
    block, giver = image * places + place, tf.gather(partner, image)
    own = blocks.read(block)
    # What need not be kept goes where it is never read: cheaper than to choose.
    slot = tf.cast(~tf.gather(opens, image), tf.int32)
    kept = kept.write(slot, own)
    gone = tf.gather(closes, image) & tf.gather_nd(wanted, [giver, place])
    other = tf.where(gone, kept.read(0), blocks.read(giver * places + place))
    mask = tf.gather(alpha, image * count + place % count)
    return blocks.write(block, _where(mask, other, own)), kept

  state = (
    planes_lib.array_of(blocks),
    planes_lib.array_of(tf.zeros_like(blocks[:2])),
  )
  written = tf.transpose(tf.gather(wanted, order))
  blocks, _ = planes_lib.fold_blocks(step, state, written)
  return tf.reshape(blocks.stack(), planes_lib.shape(images))


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
  """Selects between `[h, w]` or `[h, w, c]` by `[h, w]`, exactly.

  By the bits: XLA's code for CPUs takes three to eight times as long for a
  `tf.where` whose condition is the same for all channels.
  """
  bits = _BITS[source.dtype.size]
  mask = tf.cast(alpha, bits) * tf.constant(bits.max, bits)
  if source.shape.rank > mask.shape.rank:
    mask = mask[..., tf.newaxis]
  a, b = (tf.bitcast(x, bits) for x in (source, target))
  chosen = tf.bitwise.bitwise_and(mask, tf.bitwise.bitwise_xor(a, b))
  return tf.bitcast(tf.bitwise.bitwise_xor(chosen, b), source.dtype)
