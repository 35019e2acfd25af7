"""Real masks become scenes whose pixels and classes tell their origin."""

import json

import numpy as np
import pytest

from benchmarks.peers import scenes

TRUTH = {
  'images': [
    {'id': 1, 'height': 4, 'width': 8},
    {'id': 2, 'height': 4, 'width': 4},
    {'id': 3, 'height': 4, 'width': 4},
  ],
  'annotations': [
    {'image_id': 1, 'segmentation': [[2, 0, 6, 0, 6, 2, 2, 2]]},
    {'image_id': 2, 'segmentation': {'counts': [0, 4, 12], 'size': [4, 4]}},
    {
      'image_id': 3,
      'iscrowd': 1,
      'segmentation': {'counts': [0, 16], 'size': [4, 4]},
    },
  ],
}


@pytest.fixture
def data(tmp_path):
  path = tmp_path / scenes.SETS['coco']
  path.parent.mkdir()
  path.write_text(json.dumps(TRUTH))
  return tmp_path


def test_pairs_are_of_neighbours_and_leave_out_crowds(data):
  (first, second) = scenes.pairs(data, 'coco', canvas=16, count=2)
  np.testing.assert_array_equal(first[0].boxes, [[4, 0, 12, 4]])
  np.testing.assert_array_equal(first[1].boxes, [[0, 0, 4, 16]])
  np.testing.assert_array_equal(second[0].masks, first[1].masks)
  np.testing.assert_array_equal(second[1].masks, first[0].masks)


def test_pixels_tell_the_image_and_classes_the_object(data):
  ((target, source),) = scenes.pairs(data, 'coco', canvas=16, count=1)
  assert (target.image == 0).all()
  assert (source.image == 255).all()
  assert target.classes.tolist() == [1]
  assert source.classes.tolist() == [scenes.SOURCE + 1]


def test_an_object_that_scaling_loses_is_left_out():
  masks = np.zeros((2, 32, 32), bool)
  masks[0, 0, 0] = masks[1, 8:24, 8:24] = True
  scene = scenes.make(scenes.fitted(masks, 8), value=0, first_class=1)
  np.testing.assert_array_equal(scene.boxes, [[2, 2, 6, 6]])
