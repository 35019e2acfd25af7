"""Decodes a serialized example to a scene, in the graph.

Reads the records of `tfrecord_tools` and Model Garden's.
"""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.augment import scenes
from copypaste_tf.examples import Features, Scenes
from copypaste_tf.inputs import decode_class_map, decode_masks, object_roles
from copypaste_tf.inputs.decode_masks import Labels

_SCALARS = {
  Features.IMAGE: tf.io.FixedLenFeature([], tf.string),
  Features.SOURCE_ID: tf.io.FixedLenFeature([], tf.string, ''),
}
_LISTS = {
  Features.BOX_YMIN: tf.float32,
  Features.BOX_XMIN: tf.float32,
  Features.BOX_YMAX: tf.float32,
  Features.BOX_XMAX: tf.float32,
  Features.CLASS: tf.int64,
  Features.CROWD: tf.int64,
  Features.IDS: tf.int64,
  Features.MASK: tf.string,
  Features.PLANES: tf.string,
  Features.CLASS_MAP: tf.string,
}
# The `source_id` of blank images that pad a batch; no data set has it.
NO_IMAGE = tf.int64.min


class EvalScenes(NamedTuple):
  """A batch of images to detect on, fitted into the output size.

  Attributes:
    image: `[b, H, W, 3]` float32 or bfloat16, normalised by the ImageNet mean
      and standard deviation; 0 outside of `size`.
    size: `[b, 2]` int32, height and width of the resized image in pixels; it
      lies at the top left.
    original_size: `[b, 2]` int32, height and width of the stored image, pixels.
    scale: `[b, 2]` float32, `size / original_size`.
    source_id: `[b]` int64; `NO_IMAGE` for blank images that pad a batch.
  """

  image: tf.Tensor
  size: tf.Tensor
  original_size: tf.Tensor
  scale: tf.Tensor
  source_id: tf.Tensor


@tf.autograph.experimental.do_not_convert
def decode_scene(
  serialized: tf.Tensor,
  *,
  source_size: tuple[int, int],
  max_instances: int,
  num_planes: int,
  class_maps: str = '',
  ignore: tuple[str, ...] = (),
  scores: object_roles.ScoreLimits | None = None,
) -> Scenes:
  """Decodes a record to a scene of static shape.

  An image larger than `source_size` is scaled down with its labels, and marked
  as `shrunk`. The masks of crowds and of ignored objects are left out of the
  planes, since training neither pastes nor learns them.

  Args:
    serialized: scalar string, a serialized `tf.train.Example`.
    source_size: height and width `(H, W)` of the padded image, pixels.
    max_instances: number `n` of labels, with padding.
    num_planes: number `l` of id planes, with padding; 0 reads boxes alone, so
      the record needs no masks.
    class_maps: as `TrainData.class_maps`. Where it is set, the scene has one
      plane, and its labels are those of `decode_class_map.decode`; `ignore` and
      `scores` concern objects, and are not read.
    ignore: kinds of objects to ignore; see `object_roles.ignored_kinds`.
    scores: limits of the scores; None reads all objects.

  Returns:
    `Scenes` without the batch axis: a `[H, W, 3]` uint8 image, `[l, H, W]`
    uint8 planes, and `n` labels with boxes in pixels.

  Raises:
    tf.errors.InvalidArgumentError: while running, if the record holds no
      masks, counts that disagree, a plane id without its plane, more objects
      or planes than fit, or bytes that do not decode.
  """
  features = _parse(serialized)
  image = _decode_image(features)
  size = tf.shape(image)[:2]
  limit = tf.constant(source_size)
  if class_maps:
    roles = None
    labels = decode_class_map.decode(
      features, size, source=class_maps, num_planes=num_planes
    )
    num_planes = 1
  else:
    roles = _roles(features, serialized, ignore, scores)
    labels = _objects(features, size, limit, num_planes, roles)
  planes = labels.planes
  new_size = _shrunk(size, limit)
  shrunk = tf.reduce_any(new_size < size)
  image, planes = tf.cond(
    shrunk,
    lambda: (
      _resize(image, new_size),
      _resize_nearest(planes[:, : size[0], : size[1]], new_size),
    ),
    lambda: (image, planes),
  )
  scene = Scenes(
    image=image,
    planes=planes,
    size=new_size,
    boxes=labels.boxes * tf.cast(tf.tile(new_size, [2]), tf.float32),
    classes=labels.classes,
    ids=labels.ids,
    crowd=labels.crowd,
    source_id=_source_id(features),
    shrunk=shrunk,
  )
  if roles is not None:
    scene = object_roles.apply(scene, roles, ignore=ignore)
  return scenes.pad(
    scene,
    source_size=source_size,
    max_instances=max_instances,
    num_planes=num_planes,
  )


@tf.autograph.experimental.do_not_convert
def decode_image(serialized: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  """Decodes only the image of a record.

  Args:
    serialized: scalar string, a serialized `tf.train.Example`.

  Returns:
    The image, `[h, w, 3]` uint8 RGB in [0, 255], and its `source_id`, an int64
    scalar.
  """
  features = _parse(serialized)
  return _decode_image(features), _source_id(features)


def _parse(serialized) -> dict[str, tf.Tensor]:
  """Parses a record; without crowd flags, no object is a crowd."""
  lists = {key: tf.io.RaggedFeature(dtype) for key, dtype in _LISTS.items()}
  features = tf.io.parse_single_example(serialized, _SCALARS | lists)
  classes = features[Features.CLASS]
  crowd = features[Features.CROWD]
  features[Features.CROWD] = tf.cond(
    tf.size(crowd) > 0, lambda: crowd, lambda: tf.zeros_like(classes)
  )
  for key in (*list(_LISTS)[:4], Features.CROWD):
    decode_masks.require(
      tf.size(features[key]) == tf.size(classes),
      f'{key} and {Features.CLASS} hold different numbers of objects:',
      [tf.size(features[key]), tf.size(classes)],
    )
  return features


def _roles(features, serialized, ignore, scores) -> object_roles.Roles | None:
  """Decides what the objects are; None if all are labels."""
  if not ignore and scores is None:
    return None
  crowd = tf.cast(features[Features.CROWD], tf.bool)
  return object_roles.decide(serialized, crowd, ignore=ignore, scores=scores)


def _objects(features, size, limit, num_planes, roles) -> Labels:
  """Decodes the objects of a record; boxes are relative to its size."""
  crowd = no_mask = tf.cast(features[Features.CROWD], tf.bool)
  if roles is not None:
    no_mask = crowd | roles.ignored | ~roles.read
  # Planes that are made at the padded size need no copy for padding.
  planes, ids = decode_masks.decode_masks(
    features,
    size,
    no_mask,
    num_planes=num_planes,
    canvas=tf.maximum(size, limit),
  )
  classes = tf.cast(features[Features.CLASS], tf.int32)
  return Labels(planes, _boxes(features), classes, ids, crowd)


def _decode_image(features) -> tf.Tensor:
  image = tf.io.decode_image(
    features[Features.IMAGE], channels=3, expand_animations=False
  )
  return tf.ensure_shape(image, [None, None, 3])


def _boxes(features) -> tf.Tensor:
  """Returns `[n, 4]` float32 boxes in [0, 1], relative to the image size."""
  return tf.stack([features[key] for key in list(_LISTS)[:4]], axis=-1)


def _source_id(features) -> tf.Tensor:
  """Returns a decimal id as a number, and any other id as a hash."""
  text = features[Features.SOURCE_ID]
  named = tf.where(text == '', features[Features.IMAGE], text)
  return tf.cond(
    tf.strings.regex_full_match(text, r'\d{1,18}'),
    lambda: tf.strings.to_number(text, tf.int64),
    lambda: tf.strings.to_hash_bucket_fast(named, 2**62),
  )


def _shrunk(size, limit) -> tf.Tensor:
  """Returns the size scaled down to fit into `limit`, with the same aspect."""
  ratio = tf.reduce_min(tf.cast(limit, tf.float64) / tf.cast(size, tf.float64))
  ratio = tf.minimum(ratio, 1.0)
  shrunk = tf.round(tf.cast(size, tf.float64) * ratio)
  return tf.clip_by_value(tf.cast(shrunk, tf.int32), 1, limit)


def _resize(image, size) -> tf.Tensor:
  image = tf.image.resize(image, size, antialias=True)
  return tf.saturate_cast(tf.round(image), tf.uint8)


def _resize_nearest(planes, size) -> tf.Tensor:
  pixels = planes[..., tf.newaxis]
  return tf.image.resize(pixels, size, method='nearest')[..., 0]
