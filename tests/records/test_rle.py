import numpy as np
import pytest
from pycocotools import mask as coco_mask

from copypaste_tf.records import id_planes, rle


def encoded(mask):
  expected = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
  return expected | {'counts': expected['counts'].decode()}


@pytest.mark.parametrize('size', [(1, 1), (1, 9), (9, 1), (7, 11), (64, 48)])
@pytest.mark.parametrize('density', [0, 0.02, 0.5, 0.98, 1])
def test_a_tight_crop_encodes_like_the_full_mask(size, density):
  rng = np.random.default_rng(int(100 * density))
  for _ in range(20):
    mask = rng.random(size) < density
    assert rle.encode(id_planes.crop(mask), size) == encoded(mask)


def test_a_loose_crop_anywhere_encodes_like_the_full_mask():
  rng = np.random.default_rng(0)
  for _ in range(200):
    size = rng.integers(1, 30, 2)
    top, left = (rng.integers(0, side) for side in size)
    rows, columns = rng.integers(0, size - [top, left] + 1)
    part = rng.random([rows, columns]) < rng.random()
    mask = np.zeros(size, bool)
    mask[top : top + rows, left : left + columns] = part
    crop = id_planes.Crop(int(top), int(left), part)
    assert rle.encode(crop, tuple(map(int, size))) == encoded(mask)


def test_runs_over_full_columns_are_joined():
  mask = np.zeros([6, 8], bool)
  mask[:, 2:5] = True
  found = rle.encode(id_planes.crop(mask), (6, 8))
  assert found == encoded(mask)
  assert coco_mask.area(found) == 18
