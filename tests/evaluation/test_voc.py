import json

import numpy as np
import pytest
import voc_by_hand
from pycocotools import mask as coco_mask

from copypaste_tf.evaluation import detections, voc, voc_groundtruth
from copypaste_tf.records import voc_devkit, voc_xml

NAMES = ('voc07_ap50', 'voc12_ap50')


def random_set(seed, images=6, classes=3):
  """Returns ground truth with difficult objects, and results near them."""
  rng = np.random.default_rng(seed)
  annotations, results = [], []
  for _ in range(30):
    entry = {
      'image_id': int(rng.integers(images)),
      'category_id': int(rng.integers(classes)) + 1,
    }
    box = [*rng.integers(0, 20, 2), *rng.integers(4, 20, 2)]
    annotations.append(
      entry
      | {
        'id': len(annotations) + 1,
        'bbox': [int(x) for x in box],
        'area': 1,
        'difficult': int(rng.random() < 0.3),
      }
    )
    for _ in range(rng.integers(0, 4)):
      near = [int(x) for x in np.maximum(box + rng.integers(-3, 4, 4), 1)]
      wrong = rng.random() < 0.1
      score = int(rng.integers(1, 9)) / 8
      results.append(entry | {'bbox': near, 'score': score})
      if wrong:
        results[-1]['image_id'] = int(rng.integers(images))
  truth = {
    'images': [{'id': i} for i in range(images)],
    'annotations': annotations,
    'categories': [{'id': i, 'name': f'c{i}'} for i in range(1, classes + 2)],
  }
  return truth, results


@pytest.mark.parametrize('seed', range(20))
def test_the_numbers_are_those_of_plain_loops(seed):
  truth, results = random_set(seed)
  metrics = voc.evaluate(truth, results)
  expected = np.array(
    [
      voc_by_hand.average_precisions(truth, results, category['id'])
      for category in truth['categories']
    ]
  )
  found = [[metrics[f'{name}/c{i}'] for name in NAMES] for i in range(1, 5)]
  np.testing.assert_allclose(found, expected, atol=1e-12)
  assert (expected[3] == -1).all() and (expected[:3] >= 0).all()
  means = expected[:3].mean(0)
  np.testing.assert_allclose([metrics[x] for x in NAMES], means, atol=1e-12)


def sample(real_data):
  """Returns ground truth, COCO results and the expected numbers."""
  folder = real_data / 'voc_detection_sample'
  truth = voc_groundtruth.from_devkit(str(folder / 'VOCdevkit'), ['2012:test'])
  results = []
  for entry in json.loads((folder / 'detections/detections.json').read_text()):
    xmin, ymin, xmax, ymax = entry['box_xyxy']
    results.append(
      {
        'image_id': voc_devkit.source_id(entry['image']),
        'category_id': voc_xml.CLASSES.index(entry['class']) + 1,
        'bbox': [xmin - 1, ymin - 1, xmax - xmin + 1, ymax - ymin + 1],
        'score': entry['score'],
      }
    )
  expected = json.loads((folder / 'expected_voc_ap50.json').read_text())
  return truth, results, expected


def test_real_detections_have_the_numbers_of_the_reference(real_data):
  truth, results, expected = sample(real_data)
  metrics = voc.evaluate(truth, results)
  for name, key in zip(NAMES, ('11point', 'area'), strict=True):
    assert metrics[name] == pytest.approx(expected[key]['mean'], abs=1e-9)
    per_class = {label: metrics[f'{name}/{label}'] for label in voc_xml.CLASSES}
    assert per_class == pytest.approx(expected[key]['per_class'], abs=1e-9)
    for annotation in truth['annotations']:
      annotation.pop('difficult', None)
    counted = voc.evaluate(truth, results)[name]
    truth, results, _ = sample(real_data)
    mean = expected[key]['mean_if_difficult_counted']
    assert counted == pytest.approx(mean, abs=1e-9)


def scene(*objects, **knobs):
  """Returns a ground truth of one class; objects are `(box, difficult)`."""
  annotations = [
    {
      'id': i,
      'image_id': 0,
      'category_id': 1,
      'bbox': box,
      'area': 1,
      'difficult': difficult,
    }
    for i, (box, difficult) in enumerate(objects)
  ]
  return {
    'images': [{'id': 0}],
    'annotations': annotations,
    'categories': [{'id': 1, 'name': 'cat'}],
  } | knobs


def found_at(*boxes):
  """Returns results with descending scores."""
  return [
    {'image_id': 0, 'category_id': 1, 'bbox': box, 'score': 1 / (i + 1)}
    for i, box in enumerate(boxes)
  ]


def ap(truth, results):
  return voc.evaluate(truth, results)['voc12_ap50']


def test_an_iou_of_a_half_is_no_match():
  truth = scene(([0, 0, 10, 10], 0))
  assert ap(truth, found_at([0, 0, 10, 5])) == 0
  assert ap(truth, found_at([0, 0, 10, 5.01])) == 1


def test_detections_of_a_difficult_object_do_not_count_and_may_be_repeated():
  truth = scene(([0, 0, 10, 10], 1), ([50, 0, 10, 10], 0))
  hard, easy = [0, 0, 10, 10], [50, 0, 10, 10]
  assert ap(truth, found_at(hard, hard, easy)) == 1
  assert ap(truth, found_at([0, 30, 9, 9], easy)) == 0.5


def test_the_second_detection_of_an_object_is_wrong():
  truth = scene(([0, 0, 10, 10], 0), ([50, 0, 10, 10], 0))
  first, second = [0, 0, 10, 10], [50, 0, 10, 10]
  assert ap(truth, found_at(first, first, second)) == pytest.approx(5 / 6)


def test_a_detection_takes_the_nearest_object_even_if_it_is_taken():
  # COCO would give the second detection to the object that is free.
  truth = scene(([0, 0, 10, 10], 0), ([0, 0, 10, 8], 0))
  assert ap(truth, found_at([0, 0, 10, 10], [0, 0, 10, 9.5])) == 0.5


def test_a_difficult_object_may_be_the_nearest_one():
  truth = scene(([0, 0, 10, 10], 1), ([0, 0, 10, 8], 0))
  assert ap(truth, found_at([0, 0, 10, 9.5])) == 0


def test_a_crowd_need_not_be_found():
  truth = scene(([0, 0, 10, 10], 0), ([50, 0, 10, 10], 0))
  truth['annotations'][0]['iscrowd'] = 1
  assert ap(truth, found_at([50, 0, 10, 10])) == 1


def test_a_class_without_detections_counts_as_0_and_without_objects_not():
  categories = [{'id': i, 'name': f'c{i}'} for i in (1, 2, 3)]
  truth = scene(([0, 0, 9, 9], 0), ([0, 0, 9, 9], 0), categories=categories)
  truth['annotations'][1]['category_id'] = 2
  metrics = voc.evaluate(truth, found_at([0, 0, 9, 9]))
  assert metrics['voc07_ap50'] == metrics['voc12_ap50'] == 0.5
  assert metrics['voc07_ap50/c2'] == 0 and metrics['voc07_ap50/c3'] == -1


def test_nothing_that_counts_is_minus_one():
  metrics = voc.evaluate(scene(([0, 0, 9, 9], 1)), found_at([0, 0, 9, 9]))
  assert set(metrics.values()) == {-1}
  empty = voc.evaluate(scene(), [])
  assert set(empty.values()) == {-1}


def test_the_eleven_points_are_those_of_the_original():
  # 0.1 * 3 is above 0.3, so a recall of 3 in 10 does not reach the fourth.
  recall, precision = np.array([0.1, 0.2, 0.3]), np.ones(3)
  assert voc.eleven_points(recall, precision) == pytest.approx(3 / 11)
  assert voc.area(recall, precision) == pytest.approx(0.3)


@pytest.mark.parametrize('seed', range(3))
def test_the_order_of_the_images_changes_no_number(seed):
  truth, results = random_set(seed)
  by_image = sorted(results, key=lambda result: -result['image_id'])
  assert voc.evaluate(truth, by_image) == voc.evaluate(truth, results)
  arrays = detections.from_results(results)
  assert voc.evaluate(truth, arrays) == voc.evaluate(truth, results)


def test_masks_without_boxes_are_measured_by_their_boxes():
  mask = np.zeros([20, 30], np.uint8, order='F')
  mask[3:9, 5:15] = 1
  results = found_at([0, 0, 1, 1])
  del results[0]['bbox']
  results[0]['segmentation'] = coco_mask.encode(mask)
  assert ap(scene(([5, 3, 10, 6], 0)), results) == 1


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    ({'image_id': 9}, 'name 1 image ids that the ground truth does not have'),
    ({'category_id': 9}, 'name 1 category ids'),
    ({'score': float('nan')}, 'has the score nan'),
  ],
)
def test_a_faulty_detection_is_refused(change, message):
  results = [found_at([0, 0, 9, 9])[0] | change]
  with pytest.raises(ValueError, match=message):
    voc.evaluate(scene(([0, 0, 9, 9], 0)), results)


def test_ids_that_are_no_numbers_are_refused():
  truth = scene(images=[{'id': '0'}])
  with pytest.raises(ValueError, match="id '0' among its images; expected"):
    voc.evaluate(truth, [])


def test_notes_say_what_does_not_count():
  categories = [{'id': 1, 'name': 'cat'}, {'id': 2}]
  truth = scene(([0, 0, 9, 9], 0), ([0, 0, 9, 9], 1), categories=categories)
  assert voc.notes(truth) == [
    '1 of 2 objects are difficult: whether they are found does not count',
    '1 of 2 classes have no object that counts, such as 2: the mean leaves '
    'them out',
  ]
  for annotation in truth['annotations']:
    del annotation['difficult']
    annotation['category_id'] += annotation['id']
  (note,) = voc.notes(truth)
  assert 'does not say which objects are difficult' in note
