"""Scenes of static shape, from your own tensors or from a decoded record."""

import tensorflow as tf

from copypaste_tf.augment.labels import layers
from copypaste_tf.examples import Scenes


@tf.autograph.experimental.do_not_convert
def from_masks(
  image: tf.Tensor,
  masks: tf.Tensor,
  boxes: tf.Tensor,
  classes: tf.Tensor,
  source_id: tf.Tensor,
  *,
  source_size: tuple[int, int],
  max_instances: int = 100,
  num_planes: int = 8,
) -> Scenes:
  """Makes a scene of an image and full-size masks, to be batched.

  Args:
    image: `[h, w, 3]` uint8 RGB.
    masks: `[n, h, w]` bool or numbers, nonzero inside.
    boxes: `[n, 4]` float, `(ymin, xmin, ymax, xmax)` in pixels.
    classes: `[n]` integers, 1-based.
    source_id: integer scalar; equal ids mean the same image.
    source_size: height and width to which images are padded, pixels.
    max_instances: number to which the labels are padded.
    num_planes: id planes; masks that overlap at a pixel need one each.

  Returns:
    `Scenes` without the batch axis.

  Raises:
    tf.errors.InvalidArgumentError: while running, if the image, the number of
      objects or the depth of their overlap exceeds what is asked for.
  """
  planes, ids = layers.layer(masks, num_planes=num_planes)
  classes = tf.cast(classes, tf.int32)
  scene = Scenes(
    image=tf.cast(image, tf.uint8),
    planes=planes,
    size=tf.shape(image)[:2],
    boxes=tf.cast(boxes, tf.float32),
    classes=classes,
    ids=ids,
    crowd=tf.zeros_like(classes, tf.bool),
    source_id=tf.cast(source_id, tf.int64),
    shrunk=tf.constant(False),
  )
  return pad(
    scene,
    source_size=source_size,
    max_instances=max_instances,
    num_planes=num_planes,
  )


def pad(
  scene: Scenes,
  *,
  source_size: tuple[int, int],
  max_instances: int,
  num_planes: int,
) -> Scenes:
  """Pads an unbatched scene with zeros to static shapes.

  Args:
    scene: `[h, w, 3]` image, `[l, h, w]` planes and labels of `n` objects.
    source_size: height and width to pad to, pixels.
    max_instances: number of labels to pad to.
    num_planes: number of planes to pad to.

  Returns:
    `Scenes` without the batch axis.

  Raises:
    tf.errors.InvalidArgumentError: while running, if the image is larger, or
      has more objects.
  """
  with tf.control_dependencies(_fits(scene, source_size, max_instances)):
    return scene._replace(
      image=_pad(scene.image, (*source_size, 3)),
      planes=_pad(scene.planes, (num_planes, *source_size)),
      boxes=_pad_labels(scene.boxes, max_instances),
      classes=_pad_labels(scene.classes, max_instances),
      ids=_pad_labels(scene.ids, max_instances),
      crowd=_pad_labels(scene.crowd, max_instances),
    )


def _fits(scene, source_size, max_instances) -> list[tf.Operation]:
  size, count = tf.shape(scene.image)[:2], tf.shape(scene.classes)[0]
  checks = [
    tf.debugging.assert_less_equal(
      size,
      tf.constant(source_size),
      f'The image is larger than source_size={tuple(source_size)}; scale it '
      'down or raise source_size.',
    ),
    tf.debugging.assert_less_equal(
      count,
      max_instances,
      f'The image has more objects than the {max_instances} that are read; '
      'raise max_source_instances (TrainData) or max_instances (from_masks).',
    ),
  ]
  # Eager assertions return None.
  return [check for check in checks if check is not None]


def _pad(pixels, shape) -> tf.Tensor:
  """Pads an image or planes with zeros to a static shape.

  By joining whole rows, which takes a quarter of the time of `tf.pad`.
  """
  missing = shape - tf.shape(pixels)
  for axis in reversed(range(len(shape))):
    pixels = _append_zeros(pixels, missing[axis], axis)
  return tf.ensure_shape(pixels, shape)


def _append_zeros(rows, count, axis) -> tf.Tensor:
  """Adds rows or columns of zeros; nothing is copied if there are none."""
  shape = tf.tensor_scatter_nd_update(tf.shape(rows), [[axis]], [count])
  return tf.cond(
    count > 0,
    lambda: tf.concat([rows, tf.zeros(shape, rows.dtype)], axis),
    lambda: rows,
  )


def _pad_labels(labels, count) -> tf.Tensor:
  """Pads `[n, ...]` with zeros to a static number of instances."""
  padding = [[0, 0]] * labels.shape.rank
  padding[0] = [0, count - tf.shape(labels)[0]]
  return tf.ensure_shape(tf.pad(labels, padding), [count, *labels.shape[1:]])
