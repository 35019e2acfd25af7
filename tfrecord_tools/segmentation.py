"""Reads COCO segmentations of every kind as masks."""

from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from copypaste_tf.records.id_planes import Crop
from tfrecord_tools import run_lengths
from tfrecord_tools.faults import SourceError

# The rasterizer allocates memory along the outline. A point 100,000 pixels
# outside of an image is not a label.
_FARTHEST = 100_000
_THREE_POINTS = 6


def read(segmentation: Any, shape: tuple[int, int]) -> Crop:
  """Converts the segmentation of an annotation to a mask.

  It may have polygons of several parts, a compressed or an uncompressed RLE,
  whatever `iscrowd` is. Parts of one or two points enclose nothing. They are
  skipped if there is a larger part.

  Args:
    segmentation: value of the annotation in the JSON file.
    shape: height and width of the image it belongs to.

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
    return _read_rle(segmentation, shape)
  if isinstance(segmentation, list):
    return _read_polygons(segmentation, shape)
  raise SourceError(
    'malformed_segmentation',
    f'expected polygons or RLE, got {type(segmentation).__name__}',
  )


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
  except (TypeError, ValueError) as error:
    raise SourceError(
      'malformed_polygon', f'expected numbers: {error}'
    ) from error
  if points.ndim != 1 or points.size % 2:
    raise SourceError(
      'malformed_polygon', f'expected [x, y, x, y, ...], got {points.shape}'
    )
  # Written so that NaN fails too.
  if not (np.abs(points) <= _FARTHEST).all():
    raise SourceError(
      'malformed_polygon', f'expected pixels of an image, got {part[:8]}...'
    )


def _read_rle(segmentation: dict[str, Any], shape: tuple[int, int]) -> Crop:
  size, counts = segmentation.get('size'), segmentation.get('counts')
  if not isinstance(size, list) or [*size] != [*shape]:
    raise SourceError('rle_size_mismatch', f'expected {[*shape]}, got {size!r}')
  try:
    if isinstance(counts, str):
      return run_lengths.to_crop(run_lengths.from_string(counts), shape)
    return run_lengths.to_crop(_integers(counts), shape)
  except ValueError as error:
    raise SourceError('malformed_rle', str(error)) from error


def _integers(counts: Any) -> np.ndarray:
  """Reads the counts of an uncompressed RLE."""
  valid = isinstance(counts, list) and counts
  if not valid or not all(type(count) is int for count in counts):
    raise ValueError('an uncompressed RLE is a list of integers')
  if max(counts) > 1 << 40 or min(counts) < 0:
    raise ValueError('an RLE holds a count below 0 or beyond any image')
  return np.array(counts, np.int64)
