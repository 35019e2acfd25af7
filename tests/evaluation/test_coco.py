import copy
import gc
import json

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from random_detections import random_set, rectangle

from copypaste_tf.evaluation import coco, detections

PREFIX = {'bbox': 'box', 'segm': 'mask'}


@pytest.fixture(scope='module')
def golden(real_data):
  folder = real_data / 'coco_eval_golden'
  if not folder.is_dir():
    pytest.skip(f'{folder} is missing')
  name = 'results/instances_val2014_fake{}100_results.json'
  return {
    'truth': folder / 'instances_val2014_100.json',
    'bbox': folder / name.format('bbox'),
    'segm': folder / name.format('segm'),
    'expected': json.loads(
      (folder / 'expected_stats_pycocotools.json').read_text()
    ),
  }


@pytest.mark.parametrize('backend', coco.BACKENDS)
@pytest.mark.parametrize('iou_type', ['bbox', 'segm'])
def test_published_numbers_are_reproduced(golden, iou_type, backend):
  metrics = coco.evaluate(
    golden['truth'], golden[iou_type], backend=backend, iou_types=(iou_type,)
  )
  names = [f'{PREFIX[iou_type]}_{name}' for name in coco.METRICS]
  assert list(metrics) == names
  expected = golden['expected'][iou_type]
  np.testing.assert_allclose(
    list(metrics.values()), expected, rtol=0, atol=1e-12
  )


@pytest.mark.parametrize('seed', range(6))
def test_backends_agree(seed):
  truth, results = random_set(seed, detections=5 + 40 * (seed % 2))
  both = [
    coco.evaluate(
      truth,
      results,
      backend=backend,
      iou_types=('bbox', 'segm', 'boundary'),
      per_category=True,
    )
    for backend in coco.BACKENDS
  ]
  assert both[0] == pytest.approx(both[1], abs=1e-12)
  assert 0 < both[0]['boundary_ap'] < both[0]['mask_ap'] < 1


def test_perfect_results_score_one_per_category_and_overall():
  truth, _ = random_set(1, crowds=False)
  results = [a | {'score': 0.5} for a in truth['annotations']]
  metrics = coco.evaluate(truth, results, per_category=True)
  ones = ['box_ap', 'mask_ap', 'box_ap_small', 'mask_ar100', 'box_ap/c0']
  ones += ['mask_ap/c3']
  assert [metrics[name] for name in ones] == pytest.approx([1.0] * len(ones))
  assert len(metrics) == 2 * (12 + 4)


def test_per_category_follows_the_ids_not_the_order_of_the_list():
  truth, _ = random_set(1, crowds=False)
  only = [a for a in truth['annotations'] if a['category_id'] == 4]
  truth['categories'].reverse()
  results = [a | {'score': 0.5} for a in only]
  metrics = coco.evaluate(truth, results, per_category=True)
  assert metrics['mask_ap/c1'] == pytest.approx(1.0)
  assert metrics['mask_ap/c0'] == metrics['box_ap/c2'] == 0.0


@pytest.mark.parametrize('backend', coco.BACKENDS)
def test_an_annotation_with_the_id_0_counts(backend):
  truth, _ = random_set(1, crowds=False)
  assert truth['annotations'][0]['id'] == 0
  results = [a | {'score': 0.5} for a in truth['annotations']]
  assert coco.evaluate(truth, results, backend=backend)['box_ar100'] == 1.0


@pytest.mark.parametrize('backend', coco.BACKENDS)
def test_mask_areas_come_from_masks_though_the_results_have_boxes(backend):
  """A thin frame: the box is large, the mask is small."""
  mask = np.zeros([200, 200], np.uint8, order='F')
  mask[10:190, 10:190] = 1
  mask[12:188, 12:188] = 0
  rle = coco_mask.encode(mask)
  frame = {
    'image_id': 1,
    'category_id': 1,
    'bbox': [10, 10, 180, 180],
    'segmentation': rle | {'counts': rle['counts'].decode()},
  }
  truth = {
    'images': [{'id': 1, 'height': 200, 'width': 200}],
    'categories': [{'id': 1, 'name': 'frame'}],
    'annotations': [
      rectangle(0, 0, 5, 5)
      | {'id': 1, 'image_id': 1, 'category_id': 1, 'area': 2000, 'iscrowd': 0}
    ],
  }
  results = [frame | {'score': 0.9}, truth['annotations'][0] | {'score': 0.5}]
  metrics = coco.evaluate(truth, results, backend=backend)
  # The frame is a false positive among the medium masks, not the large boxes.
  assert metrics['mask_ap_medium'] == pytest.approx(0.5)
  assert metrics['box_ap_medium'] == pytest.approx(1.0)


@pytest.mark.parametrize('backend', coco.BACKENDS)
def test_no_results_score_zero_and_no_ground_truth_minus_one(backend):
  truth, _ = random_set(2, crowds=False)
  metrics = coco.evaluate(truth, [], backend=backend, per_category=True)
  assert metrics['box_ap'] == metrics['mask_ap'] == metrics['box_ap/c0'] == 0.0
  empty = truth | {'annotations': []}
  for results in ([], [a | {'score': 1.0} for a in truth['annotations']]):
    metrics = coco.evaluate(empty, results, backend=backend, per_category=True)
    assert set(metrics.values()) == {-1.0}


def test_inputs_stay_as_they_are():
  truth, results = random_set(3)
  before = copy.deepcopy((truth, results))
  coco.evaluate(truth, results)
  assert (truth, results) == before


def test_paths_may_replace_loaded_files(tmp_path):
  truth, results = random_set(4)
  (tmp_path / 'truth.json').write_text(json.dumps(truth))
  (tmp_path / 'results.json').write_text(json.dumps(results))
  found = coco.evaluate(tmp_path / 'truth.json', str(tmp_path / 'results.json'))
  assert found == coco.evaluate(truth, results)


def test_unknown_categories_are_an_error_or_left_out():
  truth, results = random_set(5)
  foreign = results + [results[0] | {'category_id': 77, 'score': 1.0}]
  with pytest.raises(ValueError, match='1 category ids .* such as 77'):
    coco.evaluate(truth, foreign)
  metrics = coco.evaluate(truth, foreign, strict_categories=False)
  assert metrics == coco.evaluate(truth, results)


@pytest.mark.parametrize(
  ('knobs', 'message'),
  [
    ({'backend': 'fast'}, "backend must be one of .* got 'fast'"),
    ({'iou_types': ('box',)}, "iou_types must be among .* got 'box'"),
  ],
)
def test_unknown_backends_and_types_are_named(knobs, message):
  with pytest.raises(ValueError, match=message):
    coco.evaluate(*random_set(0), **knobs)


def test_garbage_collection_is_enabled_again_after_an_error():
  with pytest.raises(ValueError, match='score'):
    coco.evaluate(random_set(0)[0], [{'image_id': 0}])
  assert gc.isenabled()


@pytest.mark.parametrize('seed', range(2))
def test_detections_as_arrays_give_the_same_numbers(seed):
  truth, results = random_set(seed)
  expected = coco.evaluate(truth, results)
  assert 0 < expected['mask_ap'] < 1
  assert coco.evaluate(truth, detections.from_results(results)) == expected
