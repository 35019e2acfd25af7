"""Layering: against a loop over pixels; tight crops; refused shapes."""

import numpy as np
import pytest
from random_records import random_masks

from copypaste_tf.records import id_planes


def layer_by_hand(masks, crowd):
  """First plane whose pixels are all free, pixel by pixel."""
  planes, ids = [], np.zeros(len(masks), int)
  start = 0
  for group in (False, True):
    start = len(planes)
    for i, mask in enumerate(masks):
      pixels = list(zip(*np.nonzero(mask), strict=True))
      if bool(crowd[i]) is not group or not pixels:
        continue
      for index in range(start, len(planes) + 1):
        if index == len(planes):
          planes.append({})
        if len(set(planes[index].values())) == 255:
          continue
        if not any(pixel in planes[index] for pixel in pixels):
          break
      value = len(set(planes[index].values())) + 1
      planes[index].update(dict.fromkeys(pixels, value))
      ids[i] = 256 * index + value
  return planes, ids


@pytest.mark.parametrize('seed', range(8))
def test_layering_agrees_with_the_slow_reference(seed):
  rng = np.random.default_rng(seed)
  masks = random_masks(rng, 12, 9, 11)
  crowd = rng.random(12) < 0.3
  planes, ids = id_planes.layer_masks(masks, crowd)
  expected, expected_ids = layer_by_hand(masks, crowd)
  np.testing.assert_array_equal(ids, expected_ids)
  assert planes.shape == (len(expected), 9, 11)
  for i, plane in enumerate(expected):
    drawn = np.zeros((9, 11), int)
    for pixel, value in plane.items():
      drawn[pixel] = value
    np.testing.assert_array_equal(planes[i], drawn)


def test_layer_masks_refuses_other_shapes():
  with pytest.raises(ValueError, match=r'masks \[n, h, w\].*\(3, 4\)'):
    id_planes.layer_masks(np.zeros((3, 4)), [False] * 3)
  with pytest.raises(ValueError, match='2 flags'):
    id_planes.layer_masks(np.zeros((3, 4, 4)), [False] * 2)


def test_crop_is_tight():
  mask = np.zeros((7, 9), np.uint8)
  mask[2:5, 3:8] = 1
  mask[2, 3] = 0
  top, left, inner = id_planes.crop(mask)
  assert (top, left, inner.shape) == (2, 3, (3, 5))
  np.testing.assert_array_equal(inner, mask[2:5, 3:8])
  assert id_planes.crop(np.zeros((4, 4), bool)).mask.size == 0


def test_the_window_of_a_crop_puts_it_back():
  (mask,) = random_masks(np.random.default_rng(5), 1, 9, 11)
  crop = id_planes.crop(mask)
  again = np.zeros_like(mask)
  again[crop.window] = crop.mask
  np.testing.assert_array_equal(again, mask)


def test_a_plane_holds_255_objects():
  crops = [
    id_planes.Crop(i // 30, i % 30, np.ones((1, 1), bool)) for i in range(256)
  ]
  planes, ids = id_planes.layer_crops(crops, [False] * 256, (9, 30))
  assert planes.shape == (2, 9, 30)
  assert ids.tolist() == [*range(1, 256), 257]


def test_no_object_needs_no_plane():
  planes, ids = id_planes.layer_crops([], [], (3, 4))
  assert planes.shape == (0, 3, 4) and planes.dtype == np.uint8
  assert ids.shape == (0,) and ids.dtype == np.int32


def test_mask_of_selects_the_value_in_the_plane_of_an_address():
  planes = np.zeros((2, 2, 3), np.uint8)
  planes[1, 0, 1:] = 7
  found = id_planes.mask_of(planes, np.int32(256 + 7))
  np.testing.assert_array_equal(found, planes[1] == 7)
  for address in (0, 7, 256):
    assert not id_planes.mask_of(planes, address).any()
  nothing = id_planes.mask_of(planes[:0], 0)
  assert nothing.shape == (2, 3) and nothing.dtype == bool
