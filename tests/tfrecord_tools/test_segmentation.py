"""Segmentations of every kind, against pycocotools, and every malformed one."""

import math

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from tfrecord_tools import run_lengths, segmentation
from tfrecord_tools.faults import SourceError

SHAPE = (37, 52)
SQUARE = [2, 3, 12, 3, 12, 9, 2, 9]


def draw(crop, shape=SHAPE):
  mask = np.zeros(shape, bool)
  mask[crop.window] = crop.mask
  return mask


def by_pycocotools(polygons, shape=SHAPE):
  encoded = coco_mask.merge(coco_mask.frPyObjects(polygons, *shape))
  return coco_mask.decode(encoded).astype(bool)


def random_polygons(rng):
  parts = []
  for _ in range(rng.integers(1, 4)):
    corners = rng.integers(3, 9)
    points = rng.uniform(-8, 60, (corners, 2)).round(2)
    parts.append(points.ravel().tolist())
  return parts


@pytest.mark.parametrize('seed', range(30))
def test_overhanging_polygons_of_several_parts_become_masks(seed):
  polygons = random_polygons(np.random.default_rng(seed))
  mask = draw(segmentation.read(polygons, SHAPE))
  np.testing.assert_array_equal(mask, by_pycocotools(polygons))


@pytest.mark.parametrize('seed', range(10))
def test_both_kinds_of_rle_become_masks(seed):
  mask = by_pycocotools(random_polygons(np.random.default_rng(seed)))
  encoded = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
  counts = encoded['counts'].decode()
  for value in (counts, run_lengths.from_mask(mask)):
    read = segmentation.read({'counts': value, 'size': [*SHAPE]}, SHAPE)
    np.testing.assert_array_equal(draw(read), mask)


def test_a_thin_polygon_has_no_pixel():
  crop = segmentation.read([[5.1, 5.1, 5.2, 5.1, 5.2, 5.2]], SHAPE)
  assert crop.mask.size == 0


def test_polygon_parts_of_fewer_than_three_points_are_skipped():
  mask = draw(segmentation.read([SQUARE, [1, 1, 30, 30], [4, 4]], SHAPE))
  np.testing.assert_array_equal(mask, by_pycocotools([SQUARE]))


@pytest.mark.parametrize(
  ('value', 'reason'),
  [
    (None, 'no_segmentation'),
    ([], 'no_segmentation'),
    ({}, 'no_segmentation'),
    ('x', 'malformed_segmentation'),
    (3, 'malformed_segmentation'),
    ([[1, 1, 30, 30]], 'polygon_too_short'),
    ([[]], 'polygon_too_short'),
    ([[1, 1, 30, 30], [2, 2]], 'polygon_too_short'),
    ([SQUARE[:-1]], 'malformed_polygon'),
    (SQUARE, 'malformed_polygon'),
    ([[SQUARE]], 'malformed_polygon'),
    ([[1, 2, 3, 4, 5, 'x']], 'malformed_polygon'),
    ([[1, 2, 3, 4, 5, None]], 'malformed_polygon'),
    ([[1, 2, 3, 4, 5, math.nan]], 'malformed_polygon'),
    ([[1, 2, 3, 4, 5, math.inf]], 'malformed_polygon'),
    ([[1, 2, 3, 4, 5, 1e9]], 'malformed_polygon'),
    ([SQUARE, [1, 2, 3, 4, 5, math.nan]], 'malformed_polygon'),
    ({'counts': [5], 'size': [1, 5]}, 'rle_size_mismatch'),
    ({'counts': [5]}, 'malformed_rle'),
    ({'counts': [1924], 'size': [52, 37]}, 'rle_size_mismatch'),
    ({'counts': [1925], 'size': [37, 52]}, 'malformed_rle'),
    ({'counts': [2000, -76], 'size': [37, 52]}, 'malformed_rle'),
    ({'counts': [1924.0], 'size': [37, 52]}, 'malformed_rle'),
    ({'counts': [], 'size': [37, 52]}, 'malformed_rle'),
    ({'counts': None, 'size': [37, 52]}, 'malformed_rle'),
    ({'counts': [10**30], 'size': [37, 52]}, 'malformed_rle'),
    ({'counts': 'nonsense string', 'size': [37, 52]}, 'malformed_rle'),
    ({'counts': '52', 'size': [37, 52]}, 'malformed_rle'),
    ({'size': [37, 52]}, 'malformed_rle'),
  ],
)
def test_malformed_segmentations_are_refused_with_a_reason(value, reason):
  with pytest.raises(SourceError) as caught:
    segmentation.read(value, SHAPE)
  assert caught.value.reason == reason


def test_corners_beyond_the_image_need_little_memory():
  crop = segmentation.read(
    [[-9e4, -9e4, 9e4, -9e4, 9e4, 9e4, -9e4, 9e4]], SHAPE
  )
  assert draw(crop).all()
