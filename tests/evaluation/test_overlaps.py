import numpy as np
import pytest
from pycocotools import mask as coco_mask

from copypaste_tf.evaluation import overlaps


def entry(mask, crowd=0):
  rle = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
  return {'segmentation': rle, 'iscrowd': crowd}


def square(size, low, high):
  mask = np.zeros([size, size], bool)
  mask[low:high, low:high] = True
  return mask


def test_a_boundary_is_as_wide_as_a_part_of_the_diagonal():
  mask = square(100, 20, 60)  # 0.02 * 141 is 3 pixels.
  edge = coco_mask.decode(overlaps.boundary(entry(mask)['segmentation']))
  assert (edge == mask & ~square(100, 23, 57)).all()


def test_a_boundary_is_at_least_a_pixel_wide():
  mask = square(10, 2, 8)
  edge = coco_mask.decode(overlaps.boundary(entry(mask)['segmentation']))
  assert (edge == mask & ~square(10, 3, 7)).all()


def test_the_edge_of_the_image_is_an_edge():
  mask = np.ones([100, 100], bool)
  edge = coco_mask.decode(overlaps.boundary(entry(mask)['segmentation']))
  assert (edge == ~square(100, 3, 97)).all()


def test_boundaries_lower_the_iou_of_masks():
  first, second = square(100, 20, 60), square(100, 22, 62)
  (masks,) = overlaps.ious([entry(first)], [entry(second)], 'segm')
  (both,) = overlaps.ious([entry(first)], [entry(second)], 'boundary')
  edges = [
    m & ~square(100, a + 3, a + 37) for m, a in ((first, 20), (second, 22))
  ]
  expected = (edges[0] & edges[1]).sum() / (edges[0] | edges[1]).sum()
  assert masks == pytest.approx(38**2 / (2 * 40**2 - 38**2))
  assert both == pytest.approx(expected) and both < masks


def test_the_iou_with_a_crowd_is_that_of_the_masks():
  detection = [entry(square(100, 22, 62))]
  crowd = [entry(square(100, 20, 60), crowd=1)]
  (masks,) = overlaps.ious(detection, crowd, 'segm')
  assert overlaps.ious(detection, crowd, 'boundary') == masks


def test_ious_are_of_every_pair():
  shapes = [entry(square(60, 4 * i, 4 * i + 20)) for i in range(4)]
  table = overlaps.ious(shapes, shapes[:3], 'boundary')
  assert table.shape == (4, 3)
  assert (np.diag(table) == 1).all() and table[3, 0] < overlaps.LOWEST_IOU
