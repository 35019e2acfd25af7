"""Joins the pixels and labels of a pair of images to a training example."""

import tensorflow as tf

from copypaste_tf.augment import occlusion
from copypaste_tf.augment.canvas import Canvas
from copypaste_tf.augment.draws.selection import Selection
from copypaste_tf.augment.labels import id_planes, masks
from copypaste_tf.augment.occlusion import Remains
from copypaste_tf.examples import TrainScenes


def join(
  targets: Canvas,
  sources: Canvas,
  remains: Remains,
  selection: Selection,
  *,
  image: tf.Tensor,
  planes: tf.Tensor,
  owners: tf.Tensor,
  max_instances: int,
) -> TrainScenes:
  """Makes examples from the composed pixels and the labels of both images.

  Keeps the largest labels if there are more than `max_instances`.

  Args:
    targets: `b` scenes on the output grid.
    sources: `b` scenes on the same grid, the i-th for the i-th target.
    remains: the labels of the targets after the composition.
    selection: the instances of the sources that become labels.
    image: `[b, h, w, 3]` float32, or uint16 for the bits of bfloat16, the
      composed image.
    planes: `[b, l, h, w]` uint8 id planes, with the instances of both images.
    owners: `[b, h, w]` uint8, see `TrainScenes`.
    max_instances: number of labels `m` that an example can hold.

  Returns:
    `TrainScenes` of `m` labels with the statistics of `copy_paste`.
  """
  chosen = selection.chosen
  index, filled = _largest(
    tf.concat([remains.valid, chosen], axis=1),
    tf.concat([remains.areas, sources.extent.area], axis=1),
    max_instances,
  )

  def both(of_target, of_source):
    joined = tf.concat([of_target, of_source], axis=1)
    labels = tf.gather(joined, index, batch_dims=1)
    mask = filled[..., tf.newaxis] if labels.shape.rank == 3 else filled
    return tf.where(mask, labels, tf.zeros_like(labels))

  example = TrainScenes(
    image=image,
    planes=planes,
    owners=owners,
    size=targets.scenes.size,
    boxes=both(remains.boxes, sources.scenes.boxes),
    classes=both(targets.scenes.classes, sources.scenes.classes),
    weights=tf.cast(filled, tf.float32),
    ids=both(targets.scenes.ids, sources.scenes.ids),
    pasted=both(tf.zeros_like(remains.valid), chosen),
    touched=both(remains.touched, tf.zeros_like(chosen)),
    areas=both(remains.areas, sources.extent.area),
    source_id=tf.stack(
      [targets.scenes.source_id, sources.scenes.source_id], axis=1
    ),
    statistics={},
    sets=tf.nest.map_structure(
      lambda *numbers: tf.stack(numbers, axis=1),
      targets.scenes.sets,
      sources.scenes.sets,
    ),
  )
  return example._replace(
    statistics=_statistics(example, targets, remains, selection)
  )


def targets_alone(targets: Canvas, *, max_instances: int) -> TrainScenes:
  """Makes training examples of the targets without any composition.

  Args:
    targets: `b` scenes on the output grid.
    max_instances: number of labels `m` that an example can hold.

  Returns:
    `TrainScenes` with the statistics of `copy_paste`; each image is its own
    source.
  """
  zero = tf.zeros_like(targets.scenes.size[:, 0])
  nothing = tf.zeros_like(targets.scenes.crowd)
  batch, height, width, _ = id_planes.shape(targets.scenes.image)
  return join(
    targets,
    targets,
    occlusion.untouched(targets),
    Selection(zero, zero, nothing),
    image=targets.scenes.image,
    planes=targets.scenes.planes,
    owners=masks.target_owners([batch, height, width]),
    max_instances=max_instances,
  )


def _largest(valid, areas, max_instances):
  """Chooses the labels to keep: the largest, if there are too many.

  Copy-Paste never cuts a pasted instance: it pastes only where all labels fit.

  Returns:
    index: `[b, m]` int32 into the joined labels, ascending, padding last.
    filled: `[b, m]` bool, false for padding.
  """
  size = valid.shape[1]
  sort_key = tf.where(valid, areas, -1)
  index = tf.argsort(sort_key, axis=1, direction='DESCENDING', stable=True)
  index = index[:, :max_instances]
  index = tf.where(tf.gather(valid, index, batch_dims=1), index, size)
  index = tf.sort(index, axis=1)
  padding = [[0, 0], [0, max(0, max_instances - size)]]
  index = tf.pad(index, padding, constant_values=size)
  return tf.minimum(index, size - 1), index < size


def _statistics(example, targets, remains, selection) -> dict[str, tf.Tensor]:
  """Counts pasted, removed and clipped labels, `[b]` float32 each."""
  pasted = _count(example.pasted)
  chosen = _count(selection.chosen)
  joined = _count(remains.valid) + chosen
  counts = {
    'images_with_paste': tf.minimum(pasted, 1),
    'objects_available': selection.available,
    'objects_pasted': pasted,
    'objects_not_pasted': selection.wanted - chosen,
    'objects_removed': _count(remains.removed),
    'boxes_shrunk': _count(remains.shrunk),
    'instances_clipped': joined - _count(example.classes > 0),
    'images_shrunk': targets.scenes.shrunk,
  }
  return {name: tf.cast(x, tf.float32) for name, x in counts.items()}


def _count(flags) -> tf.Tensor:
  """Counts the true values of `[b, n]` bool per image, `[b]` int32."""
  return tf.reduce_sum(tf.cast(flags, tf.int32), axis=1)
