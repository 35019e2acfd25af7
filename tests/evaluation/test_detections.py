"""Tests the conversion of a detector's outputs to arrays and COCO results."""

import json

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from copypaste_tf.evaluation import detection_sets, detections, pasting
from copypaste_tf.records import rle


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
  (result,) = detections.from_batch(**inputs | {'masks': None}).to_results()
  assert result == {
    'image_id': 5_000_000_000,
    'category_id': int(inputs['classes'][0, 0]),
    'bbox': [20.25, 10.5, 99.75, 29.5],
    'score': 0.1,
  }


def test_class_1_is_kept_and_class_0_is_padding():
  inputs = batch(1, 4) | {'masks': None, 'classes': np.array([[1, 0, 2, -1]])}
  kept = detections.from_batch(**inputs).category_ids
  assert kept.tolist() == [1, 2]


def test_results_keep_the_order_and_skip_padding():
  inputs = batch()
  inputs['classes'][0, 1] = 0
  inputs['classes'][1, 2] = -1
  found = detections.from_batch(**inputs).to_results()
  expected = inputs['scores'][inputs['classes'] > 0]
  np.testing.assert_allclose([r['score'] for r in found], expected, atol=1e-7)
  assert [r['image_id'] % 10 for r in found] == [0, 0, 1, 1]


def test_detections_survive_json_and_masks_have_the_image_size():
  found = json.loads(json.dumps(detections.from_batch(**batch()).to_results()))
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
  (result,) = detections.from_batch(**inputs).to_results()
  assert result['bbox'] == [10, 90, 20, 0]
  assert coco_mask.area(result['segmentation']) == 0


@pytest.mark.parametrize('name', ['boxes', 'scores', 'masks'])
def test_values_that_are_not_finite_name_the_image(name):
  inputs = batch()
  inputs[name][1, 0] = np.nan
  with pytest.raises(ValueError, match='image 5000000001 .* not finite'):
    detections.from_batch(**inputs).to_results()


@pytest.mark.parametrize(
  'name', ['source_ids', 'original_sizes', 'boxes', 'classes', 'masks']
)
def test_shapes_that_disagree_are_named(name):
  inputs = batch()
  inputs[name] = inputs[name][:1]
  with pytest.raises(ValueError, match=f'{name} must have the shape'):
    detections.from_batch(**inputs).to_results()


def test_an_image_may_have_no_detections():
  inputs = batch()
  for key in ('boxes', 'scores', 'classes', 'masks'):
    inputs[key] = inputs[key][:, :0]
  assert detections.from_batch(**inputs).to_results() == []


def results_by_hand(
  source_ids, original_sizes, boxes, scores, classes, masks=None
):
  """Converts a batch detection by detection."""
  found = []
  for i, j in np.ndindex(np.shape(scores)):
    if classes[i][j] <= 0:
      continue
    height, width = size = tuple(map(int, original_sizes[i]))
    ymin, xmin, ymax, xmax = map(float, boxes[i][j])
    left, right = (round(min(max(x, 0.0), width), 4) for x in (xmin, xmax))
    top, bottom = (round(min(max(y, 0.0), height), 4) for y in (ymin, ymax))
    found.append(
      {
        'image_id': int(source_ids[i]),
        'category_id': int(classes[i][j]),
        'bbox': [left, top, round(right - left, 4), round(bottom - top, 4)],
        'score': round(float(scores[i][j]), 8),
      }
    )
    if masks is not None:
      crop = pasting.paste(masks[i][j], boxes[i][j], size)
      found[-1]['segmentation'] = rle.encode(crop, size)
  return found


def some(seed, masks=True, b=3):
  inputs = batch(b, 5, seed=seed)
  inputs['classes'][seed % b, seed % 5] = 0
  return inputs if masks else inputs | {'masks': None}


@pytest.mark.parametrize('masks', [True, False])
@pytest.mark.parametrize('seed', range(4))
def test_arrays_hold_what_a_loop_over_detections_gives(seed, masks):
  inputs = some(seed, masks)
  found = detections.from_batch(**inputs)
  expected = results_by_hand(**inputs)
  assert len(found) == 14 and found.to_results() == expected
  # Equal texts: integers stay integers and every digit is the same.
  assert json.dumps(found.to_results()) == json.dumps(expected)
  assert found.boxes.dtype == np.float64 and found.image_ids.dtype == np.int64


@pytest.mark.parametrize('masks', [True, False])
def test_joined_detections_keep_their_order_and_masks(masks):
  inputs = [some(seed, masks) for seed in range(3)]
  empty = some(0, masks)
  empty['classes'][:] = 0
  batches = [
    detections.from_batch(**i) for i in (inputs[0], empty, *inputs[1:])
  ]
  joined = detection_sets.concat(batches)
  assert joined.to_results() == [
    result for one in inputs for result in results_by_hand(**one)
  ]
  again = detection_sets.concat([joined, batches[0]])
  assert again.to_results()[: len(joined)] == joined.to_results()
  assert again.to_results()[len(joined) :] == batches[0].to_results()


@pytest.mark.parametrize('masks', [True, False])
def test_results_become_arrays_again(masks):
  expected = results_by_hand(**some(1, masks))
  assert detections.from_results(expected).to_results() == expected


@pytest.mark.parametrize('masks', [True, False])
@pytest.mark.parametrize('empty', [False, True])
def test_packed_detections_survive_json(masks, empty):
  inputs = some(2, masks)
  if empty:
    inputs['classes'][:] = 0
  before = detections.from_batch(**inputs)
  after = detections.unpack(json.loads(json.dumps(before.pack())))
  assert after.to_results() == before.to_results()
  assert len(detection_sets.concat([after, before])) == 2 * len(before)


def test_a_packed_detection_takes_the_documented_characters():
  inputs = batch(2, 50, m=28)
  for masks, characters in ((None, 75), (inputs['masks'], 96)):
    packed = detections.from_batch(**inputs | {'masks': masks}).pack()
    packed.pop('counts', None)
    assert sum(map(len, packed.values())) / 100 == pytest.approx(
      characters, 0.01
    )


def test_results_with_some_masks_are_refused():
  mixed = results_by_hand(**some(1))
  del mixed[3]['segmentation']
  with pytest.raises(ValueError, match='13 of 14 results have a segmentation'):
    detections.from_results(mixed)


@pytest.mark.parametrize('count', [0, 1, 999, 1000, 1001])
def test_write_json_writes_the_bytes_of_json_dump(tmp_path, count):
  found = detections.from_batch(**batch(1, count))
  found.write_json(tmp_path / 'x.json')
  expected = json.dumps(results_by_hand(**batch(1, count)))
  assert (tmp_path / 'x.json').read_text() == expected


def test_a_detection_takes_the_documented_bytes():
  found = detections.from_batch(**batch(2, 50, m=28))
  arrays = (found.image_ids, found.category_ids, found.boxes, found.scores)
  assert sum(array.nbytes for array in arrays) == 56 * 100
  assert found.sizes.nbytes + found.ends.nbytes == 16 * 100
  assert len(found.counts) == found.ends[-1]
