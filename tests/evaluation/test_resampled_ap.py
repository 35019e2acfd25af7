"""AP of matches is COCO's; a drawn image counts as often as it is drawn."""

import json

import numpy as np
import pytest
from random_detections import random_set

from copypaste_tf.evaluation import coco, coco_matches, resampled_ap

PREFIX = {'bbox': 'box', 'segm': 'mask'}


def ap_of(truth, results, iou_type, counts):
  matches = coco_matches.match(truth, results, iou_type)
  values = resampled_ap.average_precisions(matches, np.array(counts))
  return resampled_ap.mean_ap(values)


def repeated(truth, results, counts):
  """Returns the data with each image as often as `counts` says."""
  images, annotations, found = [], [], []
  for image, count in zip(truth['images'], counts, strict=True):
    for _ in range(count):
      new = len(images) + 1
      images.append({**image, 'id': new})
      for source, target in (
        (truth['annotations'], annotations),
        (results, found),
      ):
        target += [
          {**entry, 'image_id': new}
          for entry in source
          if entry['image_id'] == image['id']
        ]
  return {**truth, 'images': images, 'annotations': annotations}, found


@pytest.mark.parametrize('seed', range(4))
@pytest.mark.parametrize('iou_type', PREFIX)
def test_ap_of_each_image_once_is_that_of_coco(seed, iou_type):
  truth, results = random_set(seed)
  metrics = coco.evaluate(truth, results, iou_types=(iou_type,))
  ones = np.ones([1, len(truth['images'])], int)
  assert ap_of(truth, results, iou_type, ones) == pytest.approx(
    [metrics[f'{PREFIX[iou_type]}_ap']], abs=1e-12
  )


@pytest.mark.parametrize('seed', range(3))
def test_ap_of_a_draw_is_that_of_the_repeated_images(seed, monkeypatch):
  truth, results = random_set(seed)
  # Of equal scores in one image, copies of the image would change the order.
  for number, result in enumerate(results):
    result['score'] = 1 / (number + 1)
  counts = resampled_ap.draw(len(truth['images']), 5, seed)
  monkeypatch.setattr(resampled_ap, '_LARGEST', 100)  # Several parts.
  expected = [
    coco.evaluate(*repeated(truth, results, row), iou_types=('bbox',))['box_ap']
    for row in counts
  ]
  np.testing.assert_allclose(
    ap_of(truth, results, 'bbox', counts), expected, atol=1e-12
  )


def test_real_detections_have_the_ap_of_pycocotools(real_data):
  folder = real_data / 'coco_eval_golden'
  if not folder.is_dir():
    pytest.skip(f'{folder} is missing')
  truth = json.loads((folder / 'instances_val2014_100.json').read_text())
  expected = json.loads(
    (folder / 'expected_stats_pycocotools.json').read_text()
  )
  for iou_type in PREFIX:
    name = f'results/instances_val2014_fake{iou_type}100_results.json'
    results = json.loads((folder / name).read_text())
    matches = coco_matches.match(truth, results, iou_type)
    ones = np.ones([1, len(truth['images'])], int)
    ap = resampled_ap.mean_ap(resampled_ap.average_precisions(matches, ones))
    assert ap[0] == pytest.approx(expected[iou_type][0], abs=1e-6)


def test_a_category_without_an_object_has_no_ap_in_a_draw():
  truth, results = random_set(0, images=3, categories=2, crowds=False)
  counts = np.array([[1, 1, 1], [0, 0, 0]])
  matches = coco_matches.match(truth, results, 'bbox')
  values = resampled_ap.average_precisions(matches, counts)
  assert not np.isnan(values[0]).any() and np.isnan(values[1]).all()
  assert np.isnan(resampled_ap.mean_ap(values)).tolist() == [False, True]


def test_draws_have_as_many_images_as_there_are_and_follow_the_seed():
  counts = resampled_ap.draw(20, 7, seed=3)
  assert counts.shape == (7, 20) and (counts.sum(1) == 20).all()
  np.testing.assert_array_equal(counts, resampled_ap.draw(20, 7, seed=3))
  assert (counts != resampled_ap.draw(20, 7, seed=4)).any()
