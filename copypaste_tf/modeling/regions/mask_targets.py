"""Makes the training targets of the mask head: soft masks of regions.

The published code crops the mask of every instance to a grid of 112 x 112 bins
of its box, pads the crop with zeros, and samples it bilinearly at the centres
of the 28 x 28 bins of a region. This module reads the four neighbours that a
sample needs from the id planes, and never makes the crops.
"""

import dataclasses

import tensorflow as tf

from copypaste_tf.augment.labels import masks as plane_masks
from copypaste_tf.examples import TrainScenes
from copypaste_tf.modeling.regions.roi_sampling import Targets

_EPSILON = 1e-8  # The published code adds it to the sides of the boxes.


@dataclasses.dataclass(frozen=True)
class PlaneMasks:
  """The masks of the instances of a batch, as id planes.

  Attributes:
    scenes: `b` training examples.
    crop_size: number of bins along a side of a box; 112 in the published code.
  """

  scenes: TrainScenes
  crop_size: int = 112

  def read(
    self,
    boxes: tf.Tensor,
    indices: tf.Tensor,
    rows: tf.Tensor,
    columns: tf.Tensor,
  ) -> tf.Tensor:
    """Reads masks at bins of the instances' boxes.

    Args:
      boxes: `[b, n, 4]` float32, `(ymin, xmin, ymax, xmax)` in pixels of the
        image, the boxes of the instances.
      indices: `[b, n]` int32, the instances to read.
      rows: `[b, n, r]` int32 in [0, crop_size).
      columns: `[b, n, c]` int32 in [0, crop_size).

    Returns:
      `[b, n, r, c]` float32 in {0, 1}.
    """
    scenes, size = self.scenes, self.crop_size
    _, _, height, width = scenes.planes.shape
    inside = plane_masks.read(
      scenes.planes,
      scenes.owners,
      tf.gather(scenes.ids, indices, batch_dims=1),
      tf.gather(scenes.pasted, indices, batch_dims=1),
      plane_masks.bin_pixels(boxes[..., 0::2], rows, size=size, limit=height),
      plane_masks.bin_pixels(boxes[..., 1::2], columns, size=size, limit=width),
    )
    return tf.cast(inside, tf.float32)


@dataclasses.dataclass(frozen=True)
class CroppedMasks:
  """The masks of the instances of a batch, cropped to their boxes.

  Attributes:
    crops: `[b, m, s, s]` of any number type, in [0, 1].
  """

  crops: tf.Tensor

  @property
  def crop_size(self) -> int:
    """Returns the number of bins along a side of a box."""
    return self.crops.shape[-1]

  def read(
    self,
    boxes: tf.Tensor,
    indices: tf.Tensor,
    rows: tf.Tensor,
    columns: tf.Tensor,
  ) -> tf.Tensor:
    """Reads masks at bins of the crops.

    Args:
      boxes: not used; the crops are those of the boxes.
      indices: `[b, n]` int32, the instances to read.
      rows: `[b, n, r]` int32 in [0, crop_size).
      columns: `[b, n, c]` int32 in [0, crop_size).

    Returns:
      `[b, n, r, c]` float32 in [0, 1].
    """
    del boxes
    crops = tf.gather(tf.cast(self.crops, tf.float32), indices, batch_dims=1)
    crops = tf.gather(crops, rows, batch_dims=2)
    return tf.gather(crops, columns, axis=3, batch_dims=2)


def sample(targets: Targets, count: int) -> Targets:
  """Keeps `count` regions of each image; those with an instance come first.

  Args:
    targets: `n` regions of each image.
    count: number of regions of an image that the mask head is trained on.

  Returns:
    `count` regions of each image.
  """
  has_instance = tf.cast(targets.classes > 0, tf.int32)
  _, rows = tf.math.top_k(has_instance, count)
  return Targets(*(tf.gather(x, rows, batch_dims=1) for x in targets))


def mask_targets(
  targets: Targets, masks: PlaneMasks | CroppedMasks, *, size: int
) -> tf.Tensor:
  """Computes the mask of each region's instance within the region.

  Args:
    targets: `n` regions of each image, matched with their instances.
    masks: the masks of the instances.
    size: side of the resulting masks; 28 in the published code.

  Returns:
    `[b, n, size, size]` float32 in [0, 1]; 0 in the background.
  """
  grids = [
    _grid(targets, axis, size=size, crop_size=masks.crop_size)
    for axis in (0, 1)
  ]
  (rows, row_weights), (columns, column_weights) = grids
  values = masks.read(targets.boxes, targets.indices, rows, columns)
  values = _sum_pairs(values * row_weights[..., tf.newaxis], axis=2)
  values = _sum_pairs(values * column_weights[:, :, tf.newaxis], axis=3)
  return tf.where(
    (targets.classes > 0)[..., tf.newaxis, tf.newaxis], values, 0.0
  )


def _grid(targets, axis, *, size, crop_size):
  """Finds the two neighbours of each sample along an axis, and weights.

  Returns:
    `[b, n, 2 * size]` int32 bins of the instance's box, and float32 weights in
    [0, 1], which are 0 for bins outside of the box.
  """
  low, high = (targets.boxes[..., i, tf.newaxis] for i in (axis, axis + 2))
  start, end = (targets.rois[..., i, tf.newaxis] for i in (axis, axis + 2))
  bins = crop_size / (high - low + _EPSILON)
  centres = (tf.range(size, dtype=tf.float32) + 0.5) / size
  position = (start - low) * bins + centres * ((end - start) * bins)
  first = tf.floor(position)
  fraction = position - first
  both = tf.stack([first, first + 1.0], axis=-1)
  weights = tf.stack([1.0 - fraction, fraction], axis=-1)
  weights = tf.where((both >= 0.0) & (both < crop_size), weights, 0.0)
  both = tf.clip_by_value(both, 0.0, crop_size - 1.0)
  shape = [*tf.unstack(tf.shape(both)[:2]), 2 * size]
  return tf.reshape(tf.cast(both, tf.int32), shape), tf.reshape(weights, shape)


def _sum_pairs(values, axis) -> tf.Tensor:
  """Adds neighbours along an axis, which halves it."""
  shape = tf.unstack(tf.shape(values))
  shape[axis : axis + 1] = [shape[axis] // 2, 2]
  return tf.reduce_sum(tf.reshape(values, shape), axis=axis + 1)
