"""Simple Copy-Paste on two batches that share one grid (paper, Section 3)."""

import functools

import tensorflow as tf

from copypaste_tf import examples
from copypaste_tf.augment import engines, joining, occlusion
from copypaste_tf.augment.canvas import Canvas
from copypaste_tf.augment.draws import pairing, selection
from copypaste_tf.augment.engines import Engine
from copypaste_tf.augment.labels import id_planes
from copypaste_tf.augment.options import CopyPaste
from copypaste_tf.augment.pixels import blend
from copypaste_tf.examples import TrainScenes


def copy_paste(
  targets: Canvas,
  sources: Canvas,
  seed: tf.Tensor | selection.Bits,
  *,
  options: CopyPaste,
  max_instances: int,
  partner: tf.Tensor | None = None,
  engine: Engine = engines.BLOCKS,
) -> TrainScenes:
  """Pastes a random subset of each source's instances onto its target.

  Pastes nothing between images of equal `source_id`. Pastes fewer instances
  where their labels would not fit. Keeps the largest labels of a target that
  alone has more than `max_instances`.

  Args:
    targets: `b` scenes on the output grid.
    sources: `b` scenes on the same grid, the i-th for the i-th target; with
      `partner`, the targets themselves.
    seed: `[2]` int32 or int64, or the `selection.bits` of a seed.
    options: the knobs; see `CopyPaste`.
    max_instances: number of labels `m` that an example can hold.
    partner: `[b]` int32 in [0, b), a permutation: the source of target `i` is
      image `partner[i]`. This avoids a copy of the sources.
    engine: the form of the computation, the one that measured both.

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
  owners = engine.paste_owners(
    canvases.scenes.planes,
    sources.scenes.ids,
    selected.chosen,
    sources.extent.box,
    partner,
  )
  covers = tf.where(selected.chosen[..., tf.newaxis], sources.extent.box, 0)
  remains = occlusion.occlude(
    targets, owners, options=options, covers=covers, engine=engine
  )
  image, planes = _paste_pixels(
    targets,
    sources,
    canvases,
    owners,
    partner=partner,
    covers=covers,
    read=remains.areas,
    engine=engine,
    blend_sigma=options.blend_sigma,
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


def _paste_pixels(
  targets,
  sources,
  canvases,
  owners,
  *,
  partner,
  covers,
  read,
  engine,
  blend_sigma,
):
  """Returns images and planes, each pixel from the image that owns it."""
  paste = functools.partial(
    engine.paste, owners, partner=partner, covers=covers, read=read
  )
  num_planes = id_planes.shape(targets.scenes.planes)[1]
  ids = tf.concat([targets.scenes.ids, sources.scenes.ids], axis=1)
  planes = paste(
    targets.scenes.planes,
    canvases.scenes.planes,
    used=id_planes.used(ids, num_planes),
  )
  if blend_sigma:
    alpha = examples.is_owner(owners, of_source=True)
    soft = blend.soften(alpha, sigma=blend_sigma)[..., tf.newaxis]
    image = soft * sources.scenes.image + (1 - soft) * targets.scenes.image
    return image, planes
  image = paste(
    targets.scenes.image[:, tf.newaxis],
    canvases.scenes.image[:, tf.newaxis],
    used=tf.ones_like(covers[:, :1, 0], tf.bool),
  )
  return tf.squeeze(image, axis=1), planes
