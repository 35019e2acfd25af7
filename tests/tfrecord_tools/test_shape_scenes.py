"""Scenes: the labels are exactly the visible pixels of each object."""

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from tfrecord_tools import shape_scenes, shapes


def decode(segmentation, height, width):
  encoded = segmentation
  if isinstance(encoded, list) or isinstance(encoded['counts'], list):
    encoded = coco_mask.frPyObjects(encoded, height, width)
  if isinstance(encoded, list):
    encoded = coco_mask.merge(encoded)
  return coco_mask.decode(encoded).astype(bool)


@pytest.fixture(scope='module')
def scenes():
  return [
    shape_scenes.draw_scene(np.random.default_rng([7, seed]), 64)
    for seed in range(60)
  ]


def test_the_same_generator_gives_the_same_scene(scenes):
  image, labels = shape_scenes.draw_scene(np.random.default_rng([7, 3]), 64)
  np.testing.assert_array_equal(image, scenes[3][0])
  assert labels == scenes[3][1]


def test_images_are_colour_or_grey_around_the_asked_size(scenes):
  for image, _ in scenes:
    assert image.dtype == np.uint8
    assert all(48 <= side <= 80 for side in image.shape[:2])
  assert {image.ndim for image, _ in scenes} == {2, 3}


def test_no_pixel_has_two_labels_and_areas_are_exact(scenes):
  for image, labels in scenes:
    covered = np.zeros(image.shape[:2], int)
    for label in labels:
      mask = decode(label['segmentation'], *image.shape[:2])
      assert mask.sum() == label['area'] >= shape_scenes.MIN_PIXELS
      covered += mask
    assert covered.max(initial=0) <= 1


def test_an_object_that_would_hide_another_is_not_placed():
  canvas = np.zeros((20, 20, 3), np.float32)
  small, large = np.zeros((2, 20, 20), bool)
  small[4:8, 4:8], large[2:18, 2:18] = True, True
  shape, rng = shapes.SHAPES[0], np.random.default_rng(0)
  first, over = (
    shape_scenes.Item(shape, mask, None, False) for mask in (small, large)
  )
  items = []
  assert shape_scenes._add(canvas, items, rng, first)
  before = canvas.copy()
  assert not shape_scenes._add(canvas, items, rng, over)
  assert items == [first]
  np.testing.assert_array_equal(canvas, before)


def test_a_covered_object_is_labelled_by_what_shows():
  under, over = np.zeros((2, 10, 12), bool)
  under[2:8, 1:7], over[2:8, 5:11] = True, True
  polygon = [[1.0, 2.0, 7.0, 2.0, 7.0, 8.0, 1.0, 8.0]]
  items = [
    shape_scenes.Item(shapes.SHAPES[1], under, polygon, False),
    shape_scenes.Item(shapes.SHAPES[0], over, None, True),
  ]
  back, front = shape_scenes._annotations(items)
  np.testing.assert_array_equal(
    decode(back['segmentation'], 10, 12), under & ~over
  )
  assert isinstance(back['segmentation']['counts'], str)
  assert back['bbox'] == [1, 2, 4, 6]
  assert front['iscrowd'] and isinstance(front['segmentation']['counts'], list)
