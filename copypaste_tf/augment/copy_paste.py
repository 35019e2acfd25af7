"""Simple Copy-Paste on two batches that share one grid (paper, Section 3)."""

import tensorflow as tf

from copypaste_tf.augment.draws import selection as selection_lib
from copypaste_tf.augment.draws.selection import Selection
from copypaste_tf.augment.labels import masks, occlusion
from copypaste_tf.augment.labels import planes as planes_lib
from copypaste_tf.augment.labels.canvas import Canvas
from copypaste_tf.augment.labels.occlusion import Remains
from copypaste_tf.augment.options import CopyPaste
from copypaste_tf.augment.pixels import blend, compose
from copypaste_tf.examples import TrainScenes

# Rows that are pasted or left alone together: about as many bytes of an image
# as of a plane, which stay in the cache.
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
  """Pastes a random subset of each source's objects onto its target.

  A pair with equal `source_id` is left without a paste. Fewer objects are
  pasted where their labels would not fit; of a target that alone has more than
  `max_instances` labels the largest are kept.

  Args:
    targets: `b` scenes on the output grid.
    sources: `b` scenes on the same grid, the i-th for the i-th target; with
      `partner` the targets themselves.
    seed: `[2]` int32.
    options: what to paste and how labels are mended; see `CopyPaste`.
    max_instances: number of labels `m` that an example can hold.
    partner: `[b]` int32, a permutation: whose objects the i-th target gets.
      Spares a copy of the sources.

  Returns:
    `TrainScenes`, with these `[b]` float32 statistics: `images_with_paste` (0
    or 1), `objects_available` (pasteable objects of the source),
    `objects_pasted`, `objects_not_pasted` (drawn, but no room for a label),
    `objects_removed` (targets too occluded to keep), `boxes_shrunk` (kept
    targets whose box follows the visible mask), `instances_clipped` (targets
    beyond `max_instances`), `images_shrunk` (0 or 1, whether the target was
    larger than its padded size).

  Raises:
    ValueError: if an option is out of its range, the grids differ, there are
      partners of others than the targets, or images to blend are not float32.
  """
  options.check()
  _check(targets, sources, options, max_instances)
  canvases, sources = sources, _take(sources, partner)
  if partner is not None and canvases is not targets:
    raise ValueError(
      'copy_paste takes a partner only where the sources are the targets.'
    )
  present = tf.cast(targets.scenes.classes > 0, tf.int32)
  selection = selection_lib.select(
    sources.scenes,
    targets.scenes.source_id != sources.scenes.source_id,
    tf.maximum(max_instances - tf.reduce_sum(present, axis=1), 0),
    seed,
    options=options,
  )
  alpha = masks.select(
    canvases.scenes.planes,
    sources.scenes.ids,
    selection.chosen,
    sources.extent.box,
    partner,
  )
  covers = tf.where(selection.chosen[..., tf.newaxis], sources.extent.box, 0)
  remains = occlusion.occlude(targets, alpha, options=options, covers=covers)
  # The planes are written in place, so they must have been read by then. XLA
  # only keeps the order of what needs each other, and else copies them.
  covers += tf.cast(tf.reduce_any(remains.areas < 0), tf.int32)
  image, planes = _compose(
    targets, sources, alpha, partner, covers, options.blend_sigma
  )
  return _example(
    targets,
    sources,
    remains,
    selection,
    alpha=alpha,
    image=image,
    planes=planes,
    max_instances=max_instances,
  )


def without_paste(targets: Canvas, *, max_instances: int) -> TrainScenes:
  """Makes training examples of the targets alone.

  Args:
    targets: `b` scenes on the output grid.
    max_instances: number of labels `m` that an example can hold.

  Returns:
    `TrainScenes` with the statistics of `copy_paste`; each image is its own
    source.
  """
  zero = tf.zeros_like(targets.scenes.size[:, 0])
  nothing = tf.zeros_like(targets.scenes.crowd)
  return _example(
    targets,
    targets,
    occlusion.untouched(targets),
    Selection(zero, zero, nothing),
    alpha=tf.zeros(tf.shape(targets.scenes.image)[:3], tf.bool),
    image=targets.scenes.image,
    planes=targets.scenes.planes,
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


def _compose(targets, sources, alpha, partner, covers, blend_sigma):
  """Returns image and planes, of the source under `alpha`, else the target."""

  def paste(of_source, of_target, wanted):
    if partner is None:
      return compose.paste(alpha, of_source, of_target, wanted)
    return compose.paste_within(alpha, of_target, partner, wanted)

  _, num_planes, height, _ = planes_lib.shape(targets.scenes.planes)
  near, near_planes = (
    compose.reached(covers, height, rows)[:, tf.newaxis]
    for rows in (_IMAGE_ROWS, _PLANE_ROWS)
  )
  ids = tf.concat([targets.scenes.ids, sources.scenes.ids], axis=1)
  near_planes &= planes_lib.used(ids, num_planes)[..., tf.newaxis]
  planes = paste(sources.scenes.planes, targets.scenes.planes, near_planes)
  images = sources.scenes.image, targets.scenes.image
  if not blend_sigma:
    images = (x[:, tf.newaxis] for x in images)
    return tf.squeeze(paste(*images, near), axis=1), planes
  soft = blend.soften(alpha, sigma=blend_sigma)[..., tf.newaxis]
  return soft * images[0] + (1 - soft) * images[1], planes


def _take(batch, partner):
  """Reorders every tensor of a nest along the batch; None leaves it."""
  if partner is None:
    return batch
  return tf.nest.map_structure(lambda field: tf.gather(field, partner), batch)


def _example(
  targets: Canvas,
  sources: Canvas,
  remains: Remains,
  selection: Selection,
  *,
  alpha: tf.Tensor,
  image: tf.Tensor,
  planes: tf.Tensor,
  max_instances: int,
) -> TrainScenes:
  """Joins pixels and labels of both images."""
  chosen = selection.chosen
  index, filled = _largest(
    tf.concat([remains.valid, chosen], axis=1),
    tf.concat([remains.areas, sources.extent.area], axis=1),
    max_instances,
  )

  def join(of_target, of_source):
    joined = tf.concat([of_target, of_source], axis=1)
    found = tf.gather(joined, index, batch_dims=1)
    mask = filled[..., tf.newaxis] if found.shape.rank == 3 else filled
    return tf.where(mask, found, tf.zeros_like(found))

  example = TrainScenes(
    image=image,
    planes=planes,
    alpha=alpha,
    size=targets.scenes.size,
    boxes=join(remains.boxes, sources.scenes.boxes),
    classes=join(targets.scenes.classes, sources.scenes.classes),
    ids=join(targets.scenes.ids, sources.scenes.ids),
    pasted=join(tf.zeros_like(remains.valid), chosen),
    touched=join(remains.touched, tf.zeros_like(chosen)),
    areas=join(remains.areas, sources.extent.area),
    source_id=tf.stack(
      [targets.scenes.source_id, sources.scenes.source_id], axis=1
    ),
    statistics={},
  )
  return example._replace(
    statistics=_statistics(example, targets, remains, selection)
  )


def _largest(valid, areas, max_instances):
  """Chooses the labels to keep, the largest where there are too many.

  No pasted object is ever cut: something is pasted only where all fit.

  Returns:
    index: `[b, m]` int32 into the joined labels, ascending, padding last.
    filled: `[b, m]` bool, false for padding.
  """
  size = valid.shape[1]
  worth = tf.where(valid, areas, -1)
  best = tf.argsort(worth, axis=1, direction='DESCENDING', stable=True)
  best = best[:, :max_instances]
  best = tf.where(tf.gather(valid, best, batch_dims=1), best, size)
  best = tf.sort(best, axis=1)
  padding = [[0, 0], [0, max(0, max_instances - size)]]
  best = tf.pad(best, padding, constant_values=size)
  return tf.minimum(best, size - 1), best < size


def _statistics(example, targets, remains, selection) -> dict[str, tf.Tensor]:
  pasted = _count(selection.chosen)
  kept = _count((example.classes > 0) & ~example.pasted)
  counts = {
    'images_with_paste': tf.minimum(pasted, 1),
    'objects_available': selection.available,
    'objects_pasted': pasted,
    'objects_not_pasted': selection.wanted - pasted,
    'objects_removed': _count(remains.removed),
    'boxes_shrunk': _count(remains.shrunk),
    'instances_clipped': _count(remains.valid) - kept,
    'images_shrunk': targets.scenes.shrunk,
  }
  return {name: tf.cast(x, tf.float32) for name, x in counts.items()}


def _count(flags) -> tf.Tensor:
  """Counts the true values of `[b, n]` bool per image, `[b]` int32."""
  return tf.reduce_sum(tf.cast(flags, tf.int32), axis=1)
