"""Declares the structures that all subpackages exchange, and defines a mask.

Shape alphabet, here and in the whole package: `b` batch, `n` instances of an
image (padded), `l` id planes, `h w` pixels, `k` classes.

Masks travel as **id planes**. A plane is a `[h, w]` uint8 image in which 0 is
background and `v` in 1..255 is an instance; overlapping instances lie in
different planes. One integer, `ids[i] = 256 * plane + v`, addresses instance
`i`. Id 0 means that the instance has no pixel. The encoding is exact. It costs
1 byte per pixel and plane instead of 4 bytes per pixel and instance.

Boxes alone have no planes: `l` is 0, and ids number the instances from 1.

Only `in_mask` decides which pixels belong to an instance. `instance_ids` has it
and the other functions of ids, whose names are names of this module, too.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from copypaste_tf.instance_ids import IDS_PER_PLANE as IDS_PER_PLANE
from copypaste_tf.instance_ids import SOURCE as SOURCE
from copypaste_tf.instance_ids import TARGET as TARGET
from copypaste_tf.instance_ids import address as address
from copypaste_tf.instance_ids import has_value as has_value
from copypaste_tf.instance_ids import in_mask as in_mask
from copypaste_tf.instance_ids import is_owner as is_owner

# An optional field without a value: a structure without tensors, so that it
# passes batching, micro batches and replicas without an operation.
ABSENT = ()
# Pixel of a class map that has no label; 0 is the background, and the others
# are category ids.
VOID = 255


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
    ignored: `[b, n]` bool, objects that are neither labels nor background; they
      have id 0. `ABSENT` where nothing is ignored.
    sets: `[b]` int32, number of the record set of each image; `ABSENT` where
      nothing depends on it.
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
  ignored: tf.Tensor | tuple[()] = ABSENT
  sets: tf.Tensor | tuple[()] = ABSENT


class RawScenes(NamedTuple):
  """A batch before the augmentation, which runs on the host or the device.

  Attributes:
    targets: `b` scenes to train on.
    sources: `b` scenes to paste from, the i-th onto the i-th target; None if
      the targets are paired with one another, or nothing is pasted.
    seed: `[2]` int32, the seed of all random draws for this batch.
  """

  targets: Scenes
  sources: Scenes | None
  seed: tf.Tensor


class Regions(NamedTuple):
  """Regions of a training batch that are neither objects nor background.

  Attributes:
    boxes: `[b, i, 4]` float32 in pixels of the output grid; zeros in padding.
    crowd: `[b, i]` bool, true for a region that stands for many objects.
  """

  boxes: tf.Tensor
  crowd: tf.Tensor


class TrainScenes(NamedTuple):
  """A batch of training examples on the output grid, as `augment` makes them.

  `in_mask` defines the mask of an instance. Padding instances have class 0, id
  0, a box of zeros and weight 0.

  Attributes:
    image: `[b, h, w, 3]` float32, bfloat16, or uint16 for the bits of
      bfloat16, RGB normalised by the ImageNet mean and standard deviation; 0
      (the mean colour) outside of both images. With `normalize=False`, RGB in
      [0, 255], and 0 is black.
    planes: `[b, l, h, w]` uint8 id planes.
    owners: `[b, h, w]` uint8, the images that own a pixel, as bits: `TARGET`,
      `SOURCE`, or both where a composition mixes the images. With Copy-Paste
      each pixel has one owner, from which its colour and ids come.
    size: `[b, 2]` int32, height and width of the target image's region, or of
      the least one that holds both images where they are mixed.
    boxes: `[b, n, 4]` float32 in pixels of the output grid.
    classes: `[b, n]` int32, 1-based; 0 is padding.
    weights: `[b, n]` float32, weight of the label; 1 unless a composition says
      otherwise, 0 for padding.
    ids: `[b, n]` int32 addresses in `planes`.
    pasted: `[b, n]` bool, true for objects of the source.
    touched: `[b, n]` bool, true for target objects that lost pixels.
    areas: `[b, n]` int32, visible pixels; above 0 for every label.
    source_id: `[b, 2]` int64, ids of the target and of the source image.
    statistics: dict of `[b]` float32 counts by name; see
      `augment.copy_paste.copy_paste`.
    regions: the `Regions` that are ignored; `ABSENT` where nothing is.
    sets: `[b, 2]` int32, numbers of the record sets of the target and of the
      source; `ABSENT` if `Scenes` have none.
  """

  image: tf.Tensor
  planes: tf.Tensor
  owners: tf.Tensor
  size: tf.Tensor
  boxes: tf.Tensor
  classes: tf.Tensor
  weights: tf.Tensor
  ids: tf.Tensor
  pasted: tf.Tensor
  touched: tf.Tensor
  areas: tf.Tensor
  source_id: tf.Tensor
  statistics: dict[str, tf.Tensor]
  regions: Regions | tuple[()] = ABSENT
  sets: tf.Tensor | tuple[()] = ABSENT

  @property
  def alpha(self) -> tf.Tensor:
    """Returns `[b, h, w]` bool, true for pixels that the source owns."""
    return self.owners & SOURCE > 0


def mask_of(scene: Scenes | TrainScenes, index: int) -> Any:
  """Returns the mask of an instance of an unbatched scene.

  Args:
    scene: one scene, of tensors or NumPy arrays.
    index: number of the instance.

  Returns:
    `[h, w]` bool.
  """
  instance_id = scene.ids[index]
  pixels = scene.planes[address(instance_id)[0]]
  if isinstance(scene, TrainScenes):
    return in_mask(pixels, instance_id, scene.owners, scene.pasted[index])
  return in_mask(pixels, instance_id)


class Features:
  """Keys of the TFRecord features; all but the last block are Model Garden's.

  `BOX_*` are divided by the image size, in [0, 1]. `MASK` holds one PNG per
  object, of the image's size with values 0 and 1. `CLASS_MAP` is a grey PNG of
  the image's size with the class of each pixel, see `VOID`. `PLANES` is a list
  of PNGs of 1 to 4 channels whose concatenated channels are the id planes,
  those of crowds after all others; `IDS` holds one address per object.
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
  CLASS_MAP = 'image/segmentation/class/encoded'
  CLASS_MAP_FORMAT = 'image/segmentation/class/format'

  ANNOTATION_ID = 'image/object/id'
  IDS = 'image/object/plane_id'
  PLANES = 'image/planes'
  SCHEMA = 'image/schema_version'
  DIFFICULT = 'image/object/difficult'
  SCORE = 'image/object/score'
  # 1 if a model made the labels; absent where people did.
  PSEUDO = 'image/pseudo'
  NEG_CATEGORY_IDS = 'image/neg_category_ids'
  # The key of the published ViLD converter, which is read in its place.
  NEG_CATEGORY_IDS_OF_VILD = 'image/image_neg_category_ids'
  NOT_EXHAUSTIVE_CATEGORY_IDS = 'image/not_exhaustive_category_ids'


SCHEMA_VERSION = 1
