import json

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from copypaste_tf.evaluation import detections


def batch(b=2, k=3, m=7, seed=0):
  rng = np.random.default_rng(seed)
  corners = rng.uniform(-10, 80, [b, k, 2])
  boxes = np.concatenate([corners, corners + rng.uniform(5, 60, [b, k, 2])], -1)
  return {
    'source_ids': np.arange(b) + 5_000_000_000,
    'original_sizes': np.array([[90, 120]] * b),
    'boxes': boxes.astype(np.float32),
    'scores': rng.random([b, k]).astype(np.float32),
    'classes': rng.integers(1, 9, [b, k]).astype(np.int32),
    'masks': rng.random([b, k, m, m]).astype(np.float32),
  }


def test_results_hold_box_score_class_and_image():
  inputs = batch(1, 1)
  inputs['boxes'][:] = [10.5, 20.25, 40, 200]
  inputs['scores'][:] = 0.1
  (result,) = detections.results(**inputs | {'masks': None})
  assert result == {
    'image_id': 5_000_000_000,
    'category_id': int(inputs['classes'][0, 0]),
    'bbox': [20.25, 10.5, 99.75, 29.5],
    'score': 0.1,
  }


def test_results_keep_the_order_and_skip_padding():
  inputs = batch()
  inputs['classes'][0, 1] = 0
  inputs['classes'][1, 2] = -1
  found = detections.results(**inputs)
  expected = inputs['scores'][inputs['classes'] > 0]
  np.testing.assert_allclose([r['score'] for r in found], expected, atol=1e-7)
  assert [r['image_id'] % 10 for r in found] == [0, 0, 1, 1]


def test_json_holds_them_and_masks_have_the_size_of_the_image():
  found = json.loads(json.dumps(detections.results(**batch())))
  for result in found:
    mask = coco_mask.decode(result['segmentation'])
    assert mask.shape == (90, 120)
    x, y, width, height = result['bbox']
    outside = mask.copy()
    outside[int(y) : int(np.ceil(y + height)), :] = 0
    assert not outside.any()
    assert mask[:, int(x) : int(np.ceil(x + width))].sum() == mask.sum()


def test_a_box_outside_of_the_image_has_no_area_and_no_mask():
  inputs = batch(1, 1)
  inputs['boxes'][:] = [100, 10, 120, 30]
  (result,) = detections.results(**inputs)
  assert result['bbox'] == [10, 90, 20, 0]
  assert coco_mask.area(result['segmentation']) == 0


@pytest.mark.parametrize('name', ['boxes', 'scores'])
def test_values_that_are_not_finite_name_the_image(name):
  inputs = batch()
  inputs[name][1, 0] = np.nan
  with pytest.raises(ValueError, match='image 5000000001 .* not finite'):
    detections.results(**inputs)


@pytest.mark.parametrize(
  'name', ['source_ids', 'original_sizes', 'boxes', 'classes', 'masks']
)
def test_shapes_that_disagree_are_named(name):
  inputs = batch()
  inputs[name] = inputs[name][:1]
  with pytest.raises(ValueError, match=f'{name} must have the shape'):
    detections.results(**inputs)


def test_no_detections():
  inputs = batch()
  for key in ('boxes', 'scores', 'classes', 'masks'):
    inputs[key] = inputs[key][:, :0]
  assert detections.results(**inputs) == []
