"""Simple Copy-Paste on two batches that share one grid (paper, Section 3)."""

import tensorflow as tf

from copypaste_tf import examples
from copypaste_tf.augment import joining
from copypaste_tf.augment.draws import pairing, selection
from copypaste_tf.augment.labels import id_planes, masks, occlusion
from copypaste_tf.augment.labels.canvas import Canvas
from copypaste_tf.augment.options import CopyPaste
from copypaste_tf.augment.pixels import blend, compose
from copypaste_tf.examples import TrainScenes

# Rows of a block that is pasted or left alone as a whole. A block of an image
# and one of a plane have about as many bytes, and stay in the cache.
_IMAGE_ROWS = 8
_PLANE_ROWS = 32


def copy_paste(
  targets: Canvas,
  sources: Canvas,
  seed: tf.Tensor,
  *,
  options: CopyPaste,
  max_instances: int,
  partner: tf.Tensor | None = None,
) -> TrainScenes:
  """Pastes a random subset of each source's instances onto its target.

  Pastes nothing between images of equal `source_id`. Pastes fewer instances
  where their labels would not fit. Keeps the largest labels of a target that
  alone has more than `max_instances`.

  Args:
    targets: `b` scenes on the output grid.
    sources: `b` scenes on the same grid, the i-th for the i-th target; with
      `partner`, the targets themselves.
    seed: `[2]` int32 or int64.
    options: the knobs; see `CopyPaste`.
    max_instances: number of labels `m` that an example can hold.
    partner: `[b]` int32 in [0, b), a permutation: the i-th target is pasted
      onto from image `partner[i]`. This avoids a copy of the sources.

  Returns:
    `TrainScenes`, with these `[b]` float32 statistics: `images_with_paste` (0
    or 1), `objects_available` (pasteable objects of the source),
    `objects_pasted`, `objects_not_pasted` (drawn, but no room for a label),
    `objects_removed` (targets too occluded to keep), `boxes_shrunk` (kept
    targets whose box follows the visible mask), `instances_clipped` (targets
    beyond `max_instances`), `images_shrunk` (0 or 1, whether the target was
    larger than its padded size).

  Raises:
    ValueError: if an option is out of its range, the grids differ, a `partner`
      comes with sources other than the targets, or images to blend are not
      float32.
  """
  options.check()
  _check(targets, sources, options, max_instances)
  canvases = sources
  if partner is not None:
    sources = pairing.take(sources, partner)
  if partner is not None and canvases is not targets:
    raise ValueError(
      'copy_paste takes a partner only where the sources are the targets.'
    )
  present = tf.cast(targets.scenes.classes > 0, tf.int32)
  selected = selection.draw(
    sources.scenes,
    targets.scenes.source_id != sources.scenes.source_id,
    tf.maximum(max_instances - tf.reduce_sum(present, axis=1), 0),
    seed,
    options=options,
  )
  owners = masks.paste_owners(
    canvases.scenes.planes,
    sources.scenes.ids,
    selected.chosen,
    sources.extent.box,
    partner,
  )
  covers = tf.where(selected.chosen[..., tf.newaxis], sources.extent.box, 0)
  remains = occlusion.occlude(targets, owners, options=options, covers=covers)
  # The planes are read above and overwritten below. XLA works in place only if
  # the write depends on the read, so this adds 0 that depends on it.
  covers += tf.cast(tf.reduce_any(remains.areas < 0), tf.int32)
  image, planes = _paste_pixels(
    targets, sources, owners, partner, covers, options.blend_sigma
  )
  return joining.join(
    targets,
    sources,
    remains,
    selected,
    image=image,
    planes=planes,
    owners=owners,
    max_instances=max_instances,
  )


def _check(targets, sources, options, max_instances):
  grids = [x.scenes.planes.shape[1:] for x in (targets, sources)]
  if grids[0] != grids[1]:
    raise ValueError(
      'copy_paste needs targets and sources on one grid with as many planes, '
      f'got {grids[0]} and {grids[1]}.'
    )
  if options.blend_sigma and targets.scenes.image.dtype != tf.float32:
    raise ValueError(
      'blend_sigma needs images of float32, got '
      f'{targets.scenes.image.dtype.name}.'
    )
  if max_instances < 1:
    raise ValueError(f'max_instances must be at least 1, got {max_instances}.')


def _paste_pixels(targets, sources, owners, partner, covers, blend_sigma):
  """Returns images and planes, each pixel from the image that owns it."""

  def write(of_source, of_target, wanted):
    if partner is None:
      return compose.write_over(owners, of_source, of_target, wanted)
    return compose.write_within(owners, of_target, partner, wanted)

  _, num_planes, height, _ = id_planes.shape(targets.scenes.planes)
  image_blocks, plane_blocks = (
    compose.reached_blocks(covers, height, rows)[:, tf.newaxis]
    for rows in (_IMAGE_ROWS, _PLANE_ROWS)
  )
  ids = tf.concat([targets.scenes.ids, sources.scenes.ids], axis=1)
  plane_blocks &= id_planes.used(ids, num_planes)[..., tf.newaxis]
  planes = write(sources.scenes.planes, targets.scenes.planes, plane_blocks)
  images = sources.scenes.image, targets.scenes.image
  if not blend_sigma:
    images = (x[:, tf.newaxis] for x in images)
    return tf.squeeze(write(*images, image_blocks), axis=1), planes
  alpha = examples.is_owner(owners, of_source=True)
  soft = blend.soften(alpha, sigma=blend_sigma)[..., tf.newaxis]
  return soft * images[0] + (1 - soft) * images[1], planes
