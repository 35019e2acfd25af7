"""The typed records: the one declaration of names, shapes, dtypes and ranges.

Shape alphabet, here and in the whole package: `b` batch, `n` instances of an
image (padded), `l` id planes, `h w` pixels, `k` classes.

Masks travel as **id planes**. A plane is a `[h, w]` uint8 image in which 0 is
nothing and `v` in 1..255 is an object; objects that overlap lie in different
planes. Instance `i` is addressed by one integer, `ids[i] = 256 * plane + v`,
and its mask is `planes[ids[i] // 256] == ids[i] % 256`: exact, at 1 byte
per pixel and plane instead of 4 bytes per pixel and object. `ids[i] == 0`
means that the instance has no pixel.
"""

from typing import NamedTuple

import tensorflow as tf

IDS_PER_PLANE = 256


class Scenes(NamedTuple):
  """A batch of decoded images with their labels, padded to static shapes.

  Boxes are `(ymin, xmin, ymax, xmax)` in pixels of the same grid as `image`.
  Padding instances have class 0, id 0 and a box of zeros. A single, unbatched
  scene has the same fields without the leading `b`.

  Attributes:
    image: `[b, h, w, 3]` uint8 RGB, zeros outside of `size`.
    planes: `[b, l, h, w]` uint8 id planes, zeros outside of `size`.
    size: `[b, 2]` int32, height and width of the valid region (top left).
    boxes: `[b, n, 4]` float32 annotated boxes.
    classes: `[b, n]` int32 category ids, 1-based; 0 is padding.
    ids: `[b, n]` int32 addresses in `planes`; 0 is "no pixel".
    crowd: `[b, n]` bool, COCO's `iscrowd`.
    source_id: `[b]` int64 image ids; equal ids mean the same image.
    shrunk: `[b]` bool, images that were scaled down to fit the padded size.
  """

  image: tf.Tensor
  planes: tf.Tensor
  size: tf.Tensor
  boxes: tf.Tensor
  classes: tf.Tensor
  ids: tf.Tensor
  crowd: tf.Tensor
  source_id: tf.Tensor
  shrunk: tf.Tensor


class RawScenes(NamedTuple):
  """A batch on its way to the augmentation, on the host or on the device.

  Attributes:
    targets: `b` scenes to train on.
    sources: `b` scenes to paste from, the i-th onto the i-th; None where the
      targets are paired with one another, or nothing is pasted.
    seed: `[2]` int32, of all draws of this batch.
  """

  targets: Scenes
  sources: Scenes | None
  seed: tf.Tensor


class TrainScenes(NamedTuple):
  """A batch of training examples on the output grid, as `augment` makes them.

  The mask of instance `i` is
  `(planes[ids[i] // 256] == ids[i] % 256) & (alpha == pasted[i])`.
  Padding instances have class 0, id 0, box zeros.

  Attributes:
    image: `[b, h, w, 3]` float32, bfloat16 or what else was asked of `augment`,
      normalised by the ImageNet mean and standard deviation; 0 (the mean
      colour) where no image lies.
    planes: `[b, l, h, w]` uint8 id planes: the source's under `alpha`, the
      target's elsewhere.
    alpha: `[b, h, w]` bool, the pixels that come from the source.
    size: `[b, 2]` int32, height and width of the target image's region.
    boxes: `[b, n, 4]` float32 in pixels of the output grid.
    classes: `[b, n]` int32, 1-based; 0 is padding.
    ids: `[b, n]` int32 addresses in `planes`.
    pasted: `[b, n]` bool, true for objects of the source.
    touched: `[b, n]` bool, true for target objects that lost pixels.
    areas: `[b, n]` int32, visible pixels; above 0 for every label.
    source_id: `[b, 2]` int64, ids of the target and of the source image.
    statistics: dict of `[b]` float32 counts (see `augment.copy_paste`).
  """

  image: tf.Tensor
  planes: tf.Tensor
  alpha: tf.Tensor
  size: tf.Tensor
  boxes: tf.Tensor
  classes: tf.Tensor
  ids: tf.Tensor
  pasted: tf.Tensor
  touched: tf.Tensor
  areas: tf.Tensor
  source_id: tf.Tensor
  statistics: dict[str, tf.Tensor]


class Features:
  """Keys of the TFRecord features; all but the last block are Model Garden's.

  `BOX_*` are divided by the image size, in [0, 1]. `MASK` holds one PNG per
  object, of the image's size with values 0 and 1. `PLANES` is a list of PNGs
  of 1 to 4 channels whose concatenated channels are the id planes, those of
  crowds after all others; `IDS` holds one address per object.
  """

  IMAGE = 'image/encoded'
  FORMAT = 'image/format'
  HEIGHT = 'image/height'
  WIDTH = 'image/width'
  FILENAME = 'image/filename'
  SOURCE_ID = 'image/source_id'
  SHA256 = 'image/key/sha256'
  BOX_YMIN = 'image/object/bbox/ymin'
  BOX_XMIN = 'image/object/bbox/xmin'
  BOX_YMAX = 'image/object/bbox/ymax'
  BOX_XMAX = 'image/object/bbox/xmax'
  CLASS = 'image/object/class/label'
  CLASS_NAME = 'image/object/class/text'
  CROWD = 'image/object/is_crowd'
  AREA = 'image/object/area'
  MASK = 'image/object/mask'

  ANNOTATION_ID = 'image/object/id'
  IDS = 'image/object/plane_id'
  PLANES = 'image/planes'
  SCHEMA = 'image/schema_version'
  DIFFICULT = 'image/object/difficult'
  SCORE = 'image/object/score'
  NEG_CATEGORY_IDS = 'image/neg_category_ids'
  NOT_EXHAUSTIVE_CATEGORY_IDS = 'image/not_exhaustive_category_ids'


SCHEMA_VERSION = 1
