"""Writes the pixels that a source owns over those of a target."""

import tensorflow as tf

from copypaste_tf import examples
from copypaste_tf.augment.engines import row_blocks
from copypaste_tf.augment.labels import id_planes

# Rows of a block that is pasted or left alone as a whole. A block of an image
# and one of a plane have about as many bytes, and stay in the cache.
_IMAGE_ROWS = 8
_PLANE_ROWS = 32
# Unsigned integers by the number of bytes of a dtype.
_BITS = {1: tf.uint8, 2: tf.uint16, 4: tf.uint32}


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
  # XLA works in place only if the write depends on the last read, so this adds
  # 0 that depends on it.
  covers += tf.cast(tf.reduce_any(read < 0), tf.int32)
  _, _, height, _, *channels = id_planes.shape(targets)
  rows = _IMAGE_ROWS if channels else _PLANE_ROWS
  wanted = reached_blocks(covers, height, rows)[:, tf.newaxis]
  wanted &= used[..., tf.newaxis]
  if partner is None:
    return write_over(owners, sources, targets, wanted)
  return write_within(owners, targets, partner, wanted)


def reached_blocks(
  covers: tf.Tensor, height: int | tf.Tensor, rows: int
) -> tf.Tensor:
  """Finds the blocks of rows that hold a part of a box.

  Args:
    covers: `[b, n, 4]` int32 in pixels; a box of zeros reaches nowhere.
    height: number of rows of the canvas.
    rows: number of rows of a block, see `row_blocks.grid`.

  Returns:
    `[b, k]` bool.
  """
  grid = row_blocks.grid(height, rows)
  return tf.reduce_any(row_blocks.reach(covers, grid), axis=-1)


def write_over(
  owners: tf.Tensor,
  sources: tf.Tensor,
  targets: tf.Tensor,
  wanted: tf.Tensor,
) -> tf.Tensor:
  """Writes the pixels that the sources own over the targets.

  Writes one block of rows after the other, and leaves the rest untouched.

  Args:
    owners: `[b, h, w]` uint8, `TARGET` or `SOURCE`.
    sources: `[b, l, h, w, ...]` of 1, 2 or 4 bytes, `l` layers of the i-th
      source for the i-th target.
    targets: `[b, l, h, w, ...]` of the same dtype.
    wanted: `[b, l, k]` bool, which of the `k` blocks of rows to write.

  Returns:
    `[b, l, h, w, ...]` of the same dtype: the pixels of the owner in wanted
    blocks, those of the target elsewhere.
  """
  _, layers, count = id_planes.shape(wanted)
  owners, sources, blocks = (
    row_blocks.split(x, count)
    for x in (owners[:, tf.newaxis], sources, targets)
  )

  def step(block, blocks):
    image, row = block // (layers * count), block % count
    new = _by_owner(
      tf.gather(owners, image * count + row),
      tf.gather(sources, block),
      blocks.read(block),
    )
    return blocks.write(block, new)

  state = row_blocks.array_of(blocks)
  blocks = row_blocks.fold_blocks(step, state, wanted).stack()
  return tf.reshape(blocks, id_planes.shape(targets))


def write_within(
  owners: tf.Tensor, images: tf.Tensor, partner: tf.Tensor, wanted: tf.Tensor
) -> tf.Tensor:
  """Writes pixels of a batch over other images of the batch, in place.

  Equals `write_over` with `sources = tf.gather(images, partner)`, but makes no
  copy of the batch. A permutation consists of cycles. Within a cycle, an image
  is overwritten after the image that reads it; one block per cycle is saved.

  Args:
    owners: `[b, h, w]` uint8, `TARGET` or `SOURCE`.
    images: `[b, l, h, w, ...]` of 1, 2 or 4 bytes, both targets and sources.
    partner: `[b]` int32 in [0, b), a permutation: image `i` takes pixels from
      image `partner[i]`.
    wanted: `[b, l, k]` bool, which of the `k` blocks of rows to write.

  Returns:
    `[b, l, h, w, ...]` of the same dtype.
  """
  batch, layers, count = id_planes.shape(wanted)
  positions = layers * count
  wanted = tf.reshape(wanted, [batch, positions])
  owners, blocks = (
    row_blocks.split(x, count) for x in (owners[:, tf.newaxis], images)
  )
  order, opens, closes = _cycles(partner)

  def step(index, state):
    blocks, saved = state
    position, image = index // batch, tf.gather(order, index % batch)
    block, source = image * positions + position, tf.gather(partner, image)
    target_pixels = blocks.read(block)
    # Other blocks go to a dummy slot, which is cheaper than a branch.
    slot = tf.cast(~tf.gather(opens, image), tf.int32)
    saved = saved.write(slot, target_pixels)
    is_overwritten = tf.gather(closes, image) & tf.gather_nd(
      wanted, [source, position]
    )
    source_pixels = tf.where(
      is_overwritten, saved.read(0), blocks.read(source * positions + position)
    )
    of_block = tf.gather(owners, image * count + position % count)
    return blocks.write(
      block, _by_owner(of_block, source_pixels, target_pixels)
    ), saved

  state = (
    row_blocks.array_of(blocks),
    row_blocks.array_of(tf.zeros_like(blocks[:2])),
  )
  written = tf.transpose(tf.gather(wanted, order))
  blocks, _ = row_blocks.fold_blocks(step, state, written)
  return tf.reshape(blocks.stack(), id_planes.shape(images))


def _cycles(partner) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
  """Orders the cycles of a permutation, each element before its partner.

  Returns:
    order: `[b]` int32, the elements in order.
    opens: `[b]` bool, true for the first element of a cycle.
    closes: `[b]` bool, true for the last one, whose partner is the first.
  """
  elements = tf.range(id_planes.shape(partner)[0])
  orbits = tf.scan(lambda at, _: tf.gather(partner, at), elements, elements)
  closing = tf.reduce_min(orbits, axis=0)
  is_reached = tf.gather(orbits, closing, axis=1) == elements
  position = tf.argmax(tf.cast(is_reached, tf.int32), output_type=tf.int32)
  order = tf.argsort(closing * id_planes.shape(partner)[0] + position)
  return order, position == 0, closing == elements


def _by_owner(owners, source, target) -> tf.Tensor:
  """Selects between `[h, w]` or `[h, w, c]` by `[h, w]` owners, exactly.

  Selects by bit operations: on CPUs, XLA makes slow code of a `tf.where` whose
  condition broadcasts over channels.
  """
  bits = _BITS[source.dtype.size]
  alpha = examples.is_owner(owners, of_source=True)
  mask = tf.cast(alpha, bits) * tf.constant(bits.max, bits)
  if source.shape.rank > mask.shape.rank:
    mask = mask[..., tf.newaxis]
  a, b = (tf.bitcast(x, bits) for x in (source, target))
  chosen = tf.bitwise.bitwise_and(mask, tf.bitwise.bitwise_xor(a, b))
  return tf.bitcast(tf.bitwise.bitwise_xor(chosen, b), source.dtype)
