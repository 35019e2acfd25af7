"""Reads COCO segmentations of every kind as masks."""

from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from copypaste_tf.records import id_planes
from copypaste_tf.records.id_planes import Crop
from tfrecord_tools import box_forms, run_lengths
from tfrecord_tools.faults import SourceError, shown

# The rasterizer allocates memory along the outline. A point 100,000 pixels
# outside of an image is not a label.
_FARTHEST = 100_000
_THREE_POINTS = 6


def read(
  segmentation: Any,
  shape: tuple[int, int],
  *,
  box: box_forms.Corners | None = None,
) -> Crop:
  """Converts the segmentation of an annotation to a mask.

  It may have polygons of several parts, a compressed or an uncompressed RLE,
  whatever `iscrowd` is. Parts of one or two points enclose nothing. They are
  skipped if there is a larger part.

  Args:
    segmentation: polygons, an RLE or a list of RLEs, in COCO's notation.
    shape: height and width of the image it belongs to.
    box: `(ymin, xmin, ymax, xmax)` of the object, None if it is not known. It
      tells the meaning of an RLE whose size is `[width, height]`.

  Returns:
    The mask in its tight box, with the same pixels as pycocotools draws.

  Raises:
    SourceError: the segmentation is absent or malformed.
  """
  if not segmentation:
    raise SourceError(
      'no_segmentation', f'expected a mask, got {segmentation!r}'
    )
  if isinstance(segmentation, dict):
    return _read_rle(segmentation, shape, box)
  if not isinstance(segmentation, list):
    raise SourceError(
      'malformed_segmentation',
      f'expected polygons or RLE, got {type(segmentation).__name__} '
      f'{shown(segmentation)}',
    )
  if not all(isinstance(part, dict) for part in segmentation):
    return _read_polygons(segmentation, shape)
  masks = np.zeros(shape, bool)
  for rle in segmentation:
    crop = _read_rle(rle, shape, None)
    masks[crop.window] |= crop.mask
  return id_planes.crop(masks)


def _read_polygons(parts: list[Any], shape: tuple[int, int]) -> Crop:
  for part in parts:
    _check_part(part)
  outlines = [part for part in parts if len(part) >= _THREE_POINTS]
  if not outlines:
    longest = max(len(part) for part in parts) // 2
    raise SourceError(
      'polygon_too_short', f'expected three points or more, got {longest}'
    )
  encoded = coco_mask.frPyObjects(outlines, *shape)
  counts = run_lengths.from_string(coco_mask.merge(encoded)['counts'])
  return run_lengths.to_crop(counts, shape)


def _check_part(part: Any) -> None:
  try:
    points = np.asarray(part, np.float64)
  except (TypeError, ValueError, OverflowError) as error:
    raise SourceError(
      'malformed_polygon', f'expected numbers, got {shown(part)}: {error}'
    ) from error
  if points.ndim != 1 or points.size % 2:
    raise SourceError(
      'malformed_polygon',
      'expected a list of polygons [[x, y, x, y, ...], ...], got as a polygon '
      f'{shown(part)}',
    )
  # Written so that NaN fails too.
  if not (np.abs(points) <= _FARTHEST).all():
    raise SourceError(
      'malformed_polygon', f'expected pixels of an image, got {shown(part)}'
    )


def _read_rle(
  segmentation: dict[str, Any],
  shape: tuple[int, int],
  box: box_forms.Corners | None,
) -> Crop:
  size, counts = segmentation.get('size'), segmentation.get('counts')
  try:
    counts = _counts(counts)
    if size is None or size == [*shape]:
      # Without a size, the sum of the counts tells whether it is the image's.
      return run_lengths.to_crop(counts, shape)
    if size == [*shape[::-1]] and box:
      return _read_swapped(counts, shape, box)
  except ValueError as error:
    raise SourceError('malformed_rle', str(error)) from error
  raise SourceError(
    'rle_size_mismatch', f'expected {[*shape]}, got {shown(size)}'
  )


def _read_swapped(
  counts: np.ndarray, shape: tuple[int, int], box: box_forms.Corners
) -> Crop:
  """Reads an RLE of a swapped size: the mask may be transposed, or may not."""
  upright = run_lengths.to_crop(counts, shape)
  turned = run_lengths.to_crop(counts, shape[::-1])
  turned = Crop(turned.left, turned.top, turned.mask.T)
  fitting = [
    crop
    for crop in (upright, turned)
    if box_forms.is_same_object(box, box_forms.box_of(crop))
  ]
  if len(fitting) != 1:
    raise SourceError(
      'rle_size_mismatch',
      f'expected {[*shape]}, got {[*shape[::-1]]}, and the box does not tell '
      'which is meant',
    )
  return fitting[0]


def _counts(counts: Any) -> np.ndarray:
  if isinstance(counts, str):
    return run_lengths.from_string(counts)
  return _integers(counts)


def _integers(counts: Any) -> np.ndarray:
  """Reads the counts of an uncompressed RLE."""
  valid = isinstance(counts, list) and counts
  if not valid or not all(type(count) is int for count in counts):
    raise ValueError(
      f'an uncompressed RLE is a list of integers, got {shown(counts)}'
    )
  if max(counts) > 1 << 40 or min(counts) < 0:
    raise ValueError('an RLE holds a count below 0 or beyond any image')
  return np.array(counts, np.int64)
