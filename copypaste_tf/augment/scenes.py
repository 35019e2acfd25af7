"""Makes scenes of static shape from tensors or from a decoded record."""

import tensorflow as tf

from copypaste_tf.augment import scene_checks
from copypaste_tf.augment.labels import layers
from copypaste_tf.examples import ABSENT, Scenes


@tf.autograph.experimental.do_not_convert
def from_masks(
  image: tf.Tensor,
  masks: tf.Tensor,
  *,
  classes: tf.Tensor,
  source_id: tf.Tensor,
  boxes: tf.Tensor | None = None,
  crowd: tf.Tensor | None = None,
  source_size: tuple[int, int],
  max_instances: int = 100,
  num_planes: int = 8,
) -> Scenes:
  """Makes one scene, without a batch axis, from an image and full-size masks.

  Takes tensors and NumPy arrays, eagerly, in `tf.data` and in a `tf.function`.
  Checks dtypes and static shapes while the graph is built. Checks values and
  dynamic shapes while the graph runs. XLA cannot compile this function, since
  its shapes depend on the image: call it in `tf.data`.

  Args:
    image: `[h, w, 3]` uint8 RGB in [0, 255].
    masks: `[n, h, w]` bool or numbers, nonzero inside.
    classes: `[n]` integers, at least 1.
    source_id: integer scalar; equal ids mean the same image.
    boxes: `[n, 4]` numbers, `(ymin, xmin, ymax, xmax)` in pixels of the image;
      the tight boxes of the masks by default.
    crowd: `[n]` bool or integers, COCO's `iscrowd`: true for masks of a group,
      which are neither pasted nor labels; by default there is none.
    source_size: height and width to which images are padded, pixels.
    max_instances: number to which the labels are padded.
    num_planes: id planes; masks that overlap at a pixel need one each.

  Returns:
    `Scenes` without the batch axis.

  Raises:
    ValueError: if a static shape or a dtype is not as above.
    tf.errors.InvalidArgumentError: if a dynamic shape is not as above; if a
      class is below 1, or a box is NaN, infinite or inverted; if
      the image, the number of instances or the depth of their overlap exceeds
      `source_size`, `max_instances` or `num_planes`.

  >>> masks = tf.one_hot([[0, 0, 1], [0, 2, 1]], 2, axis=0)
  >>> scene = from_masks(tf.zeros([2, 3, 3], tf.uint8), masks, classes=[5, 7],
  ...                    source_id=0, source_size=(4, 4), max_instances=3)
  >>> scene.classes.numpy().tolist(), scene.boxes[1].numpy().tolist()
  ([5, 7, 0], [0.0, 2.0, 2.0, 3.0])
  """
  annotations = scene_checks.Annotations(
    *(tf.convert_to_tensor(x) for x in (image, masks, classes, source_id)),
    *(None if x is None else tf.convert_to_tensor(x) for x in (boxes, crowd)),
  )
  annotations = scene_checks.check_static(annotations)
  checks = scene_checks.assertions(annotations)
  checks += _fits(
    annotations.image, annotations.classes, source_size, max_instances
  )
  with tf.control_dependencies(checks):
    masks = tf.identity(annotations.masks)
  size = tf.shape(annotations.image)[:2]
  # Planes that are made at the padded size need no copy for padding. The size
  # must not be a constant: TensorFlow would then fold the empty planes into a
  # constant, and copy it for each image.
  planes, ids, boxes = layers.layer(
    masks, num_planes=num_planes, canvas=tf.maximum(size, source_size)
  )
  if annotations.boxes is not None:
    boxes = annotations.boxes
  none = tf.zeros_like(annotations.classes, tf.bool)
  scene = Scenes(
    image=annotations.image,
    planes=planes,
    size=size,
    boxes=tf.cast(boxes, tf.float32),
    classes=tf.cast(annotations.classes, tf.int32),
    ids=ids,
    crowd=none
    if annotations.crowd is None
    else tf.cast(annotations.crowd, tf.bool),
    source_id=tf.cast(annotations.source_id, tf.int64),
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
    scene: `Scenes` without the batch axis: `[h, w, 3]` image, `[l, h, w]`
      planes, or padded ones, and labels of `n` instances, of the dtypes of
      `Scenes`.
    source_size: height and width to pad to, pixels.
    max_instances: number of labels to pad to.
    num_planes: number of planes to pad to.

  Returns:
    `Scenes` without the batch axis, of static shapes.

  Raises:
    tf.errors.InvalidArgumentError: while running, if the image is larger, or
      has more objects.
  """
  checks = _fits(scene.image, scene.classes, source_size, max_instances)
  with tf.control_dependencies(checks):
    return scene._replace(
      image=_pad(scene.image, (*source_size, 3)),
      planes=_pad(scene.planes, (num_planes, *source_size)),
      boxes=_pad_labels(scene.boxes, max_instances),
      classes=_pad_labels(scene.classes, max_instances),
      ids=_pad_labels(scene.ids, max_instances),
      crowd=_pad_labels(scene.crowd, max_instances),
      ignored=ABSENT
      if scene.ignored is ABSENT
      else _pad_labels(scene.ignored, max_instances),
    )


def _fits(image, classes, source_size, max_instances) -> list[tf.Operation]:
  size, count = tf.shape(image)[:2], tf.shape(classes)[0]
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

  Concatenates whole rows, which is faster on a CPU than `tf.pad`.
  """
  missing = shape - tf.shape(pixels)
  for axis in reversed(range(len(shape))):
    pixels = _append_zeros(pixels, missing[axis], axis)
  return tf.ensure_shape(pixels, shape)


def _append_zeros(rows, count, axis) -> tf.Tensor:
  """Adds `count` rows or columns of zeros; copies nothing if it is 0."""
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
