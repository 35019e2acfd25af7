"""Tests the parts of the conversion of a detector's outputs."""

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from copypaste_tf.evaluation import outputs


def test_boxes_are_clipped_and_have_a_width_and_a_height():
  boxes = np.array([[-3, 4, 20, 30], [1, 2, 3, 4]], np.float32)
  sizes = np.array([[10, 20], [40, 40]])
  found = outputs.coco_boxes(boxes, sizes)
  assert found.tolist() == [[4, 0, 16, 10], [2, 1, 2, 2]]


def test_rounding_is_that_of_decimal_numbers():
  values = np.array([[2.675, 0.285], [1.005, 4.35]])
  found = outputs.rounded(values, 2)
  assert found.tolist() == [[2.67, 0.28], [1.0, 4.35]]
  assert (found != np.round(values, 2)).any()


def test_masks_are_pasted_into_their_images():
  masks = np.ones((2, 4, 4), np.float32)
  boxes = np.array([[2, 3, 6, 8], [0, 0, 5, 5]], np.float32)
  sizes = np.array([[10, 20], [4, 9]])
  counts = outputs.mask_counts(masks, boxes, sizes)
  for mask_counts, size, box in zip(counts, sizes, boxes, strict=True):
    rle = {'size': size.tolist(), 'counts': mask_counts}
    expected = np.zeros(size)
    top, left, bottom, right = box.astype(int)
    expected[top:bottom, left:right] = 1
    np.testing.assert_array_equal(coco_mask.decode(rle), expected)


def test_only_boxes_of_detections_must_be_finite():
  boxes = np.full((1, 2, 4), np.nan)
  present = np.zeros((1, 2), bool)
  outputs.check_finite([7], boxes, np.zeros((1, 2)), present)
  present[0, 1] = True
  with pytest.raises(ValueError, match='image 7 .* box is not finite'):
    outputs.check_finite([7], boxes, np.zeros((1, 2)), present)


def test_a_wrong_shape_is_named():
  with pytest.raises(ValueError, match=r'boxes must .* \[1, 3, 4\]'):
    outputs.check_shapes(
      [1], [[5, 6]], np.zeros((1, 2, 4)), np.zeros((1, 3)), [[1, 1, 1]], None
    )
