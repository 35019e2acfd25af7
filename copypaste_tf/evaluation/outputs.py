"""Checks the outputs of a detector and converts them to COCO's format."""

import functools

import numpy as np

from copypaste_tf.evaluation import pasting
from copypaste_tf.records import rle
from copypaste_tf.records.id_planes import Crop


def check_shapes(
  source_ids, original_sizes, boxes, scores, classes, masks
) -> None:
  """Checks the leading dimensions of the arguments of `detections.from_batch`.

  Raises:
    ValueError: the dimensions disagree. The message names the array.
  """
  batch, count = np.shape(scores)
  expected = {
    'source_ids': (np.shape(source_ids), (batch,)),
    'original_sizes': (np.shape(original_sizes), (batch, 2)),
    'boxes': (np.shape(boxes), (batch, count, 4)),
    'classes': (np.shape(classes), (batch, count)),
  }
  if masks is not None:
    expected['masks'] = (np.shape(masks)[:2], (batch, count))
  for name, (shape, wanted) in expected.items():
    if shape != wanted:
      raise ValueError(
        f'{name} must have the shape {list(wanted)} to go with scores of '
        f'[{batch}, {count}], got {list(shape)}.'
      )


def check_finite(source_ids, boxes, scores, present, masks=None) -> None:
  """Checks that the present boxes, scores and masks are finite.

  A mask of NaN would pass for one without a pixel.

  Args:
    source_ids: `[b]` integer image ids.
    boxes: `[b, k, 4]` float.
    scores: `[b, k]` float.
    present: `[b, k]` bool, false for padding.
    masks: `[b, k, m, m]` float, or None.

  Raises:
    ValueError: a value is not finite. The message names the image.
  """
  parts = {'box': boxes, 'score': scores}
  if masks is not None:
    parts['mask'] = masks
  for i, source_id in enumerate(source_ids):
    for name, values in parts.items():
      if not np.isfinite(np.asarray(values[i])[present[i]]).all():
        raise ValueError(
          f'image {source_id} has a detection whose {name} is not finite; has '
          'the training diverged?'
        )


def coco_boxes(boxes: np.ndarray, sizes: np.ndarray) -> np.ndarray:
  """Clips boxes to their images and converts them to COCO's format.

  Args:
    boxes: `[n, 4]` float `(ymin, xmin, ymax, xmax)` in pixels.
    sizes: `[n, 2]` integer height and width of the images.

  Returns:
    `[n, 4]` float64 `(x, y, width, height)` in pixels, with 4 decimals.
  """
  corners = np.clip(boxes.astype(np.float64), 0, np.tile(sizes, 2))
  # Rounding keeps the files small; it is too fine to change the metrics.
  corners = rounded(corners[:, [1, 0, 3, 2]], 4)
  lengths = rounded(corners[:, 2:] - corners[:, :2], 4)
  return np.concatenate([corners[:, :2], lengths], axis=1)


def rounded(values: np.ndarray, digits: int) -> np.ndarray:
  """Rounds to the nearest decimal, as `round` does; `np.round` may not.

  Args:
    values: float64 of any shape.
    digits: decimals to keep.

  Returns:
    float64 of the same shape.
  """
  nearest = [round(value, digits) for value in values.ravel().tolist()]
  return np.array(nearest, np.float64).reshape(values.shape)


def mask_counts(
  masks: np.ndarray,
  boxes: np.ndarray,
  sizes: np.ndarray,
  masked: np.ndarray | None = None,
) -> list[bytes]:
  """Pastes masks into their images and encodes them.

  Args:
    masks: `[n, m, m]` float probabilities relative to the boxes.
    boxes: `[n, 4]` float `(ymin, xmin, ymax, xmax)` in pixels, not clipped.
    sizes: `[n, 2]` integer height and width of the images.
    masked: `[n]` bool, false for masks that are left empty; None for none.

  Returns:
    The counts of n compressed RLEs.
  """
  counts, empty = [], functools.cache(_empty_counts)
  for i, (height, width) in enumerate(sizes.tolist()):
    if masked is None or masked[i]:
      crop = pasting.paste(masks[i], boxes[i], (height, width))
      counts.append(rle.encode(crop, (height, width))['counts'].encode())
    else:
      counts.append(empty(height, width))
  return counts


def _empty_counts(height: int, width: int) -> bytes:
  crop = Crop(0, 0, np.zeros([0, 0], bool))
  return rle.encode(crop, (height, width))['counts'].encode()
