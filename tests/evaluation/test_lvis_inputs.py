import copy

import federated_sets
import numpy as np
import pytest

from copypaste_tf.evaluation import lvis, lvis_inputs


@pytest.fixture
def truth():
  return copy.deepcopy(federated_sets.random_set(3)[0])


RESULTS = federated_sets.random_set(3)[1]


def test_annotations_are_sorted_by_category_without_those_without_area(truth):
  indexed = lvis_inputs.index_groundtruth(truth, ['segm'])
  counted = [a for a in truth['annotations'] if a['area'] > 0]
  assert 0 < len(counted) < len(truth['annotations'])
  assert list(indexed.categories) == [1, 3, 5, 7, 9]
  for category in indexed.categories:
    expected = [a['bbox'] for a in counted if a['category_id'] == category]
    found = indexed.annotations.get(category, [])
    assert [a['bbox'] for a in found] == expected


def test_crowd_flags_are_not_read(truth):
  expected = lvis.evaluate(truth, RESULTS)
  for annotation in truth['annotations']:
    annotation['iscrowd'] = 1
  assert lvis.evaluate(truth, RESULTS) == expected


def test_the_rows_of_a_frequency_are_places_of_its_categories(truth):
  indexed = lvis_inputs.index_groundtruth(truth, ['bbox'])
  rows = [indexed.rows(f).tolist() for f in ('r', 'c', 'f')]
  assert rows == [[0], [1], [2, 3]]


def test_detections_count_where_verified_if_the_category_has_objects(truth):
  indexed = lvis_inputs.index_groundtruth(truth, ['bbox'])
  images = np.repeat([i['id'] for i in truth['images']], 5)
  classes = np.tile([1, 3, 5, 7, 9], len(truth['images']))
  measured = indexed.measured(images, classes)
  verified = indexed.federation.verified(images, classes)
  assert (measured == verified & np.isin(classes, [*indexed.annotations])).all()
  assert verified[classes == 9].any() and not measured[classes == 9].any()


def test_boxes_of_results_without_boxes_are_those_of_their_masks(truth):
  masks = [{k: v for k, v in r.items() if k != 'bbox'} for r in RESULTS]
  expected = lvis.evaluate(truth, RESULTS, iou_types=['segm'])
  assert lvis.evaluate(truth, masks, iou_types=['segm']) == expected
  indexed = lvis_inputs.index_groundtruth(truth, ['segm'])
  assert lvis_inputs.index_results(masks, indexed, ['segm']).boxes.any()


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    ({'image_id': 99}, '1 image ids .* such as 99'),
    ({'category_id': 4}, '1 category ids .* such as 4'),
    ({'score': np.nan}, 'result 0, of image .* has the score nan'),
    ({'score': None}, "result 0 has no 'score'"),
    ({'bbox': None}, "result 0 has no 'bbox'"),
    ({'segmentation': None}, 'either all must have one or none'),
  ],
)
def test_faulty_results_are_named(truth, change, message):
  changed = {k: v for k, v in (RESULTS[0] | change).items() if v is not None}
  with pytest.raises(ValueError, match=message):
    lvis.evaluate(truth, [changed, *RESULTS[1:]])


def test_masks_that_are_missing_are_named(truth):
  boxes = [{k: v for k, v in r.items() if k != 'segmentation'} for r in RESULTS]
  assert lvis.evaluate(truth, boxes, iou_types=['bbox'])
  with pytest.raises(ValueError, match="have no 'segmentation'"):
    lvis.evaluate(truth, boxes)


def test_detections_of_unknown_categories_take_places_of_their_image(truth):
  image = RESULTS[0]['image_id']
  unknown = [RESULTS[0] | {'category_id': 4, 'score': 2.0, 'image_id': image}]
  knobs = {'limit': 1, 'strict_categories': False}
  rest = [r for r in RESULTS if r['image_id'] != image]
  expected = lvis.evaluate(truth, rest, limit=1)
  assert lvis.evaluate(truth, RESULTS + unknown, **knobs) == expected


@pytest.mark.parametrize(
  ('kind', 'change', 'message'),
  [
    ('categories', {'frequency': 'x'}, "frequency 'x'; expected one of"),
    ('categories', {'id': 'one'}, "the id 'one' among its categories"),
    ('images', {'id': 'a'}, "the id 'a' among its images"),
  ],
)
def test_a_ground_truth_that_is_not_of_lvis_is_named(
  truth, kind, change, message
):
  truth['annotations'] = []
  truth[kind][0] |= change
  with pytest.raises(ValueError, match=message):
    lvis_inputs.check_groundtruth(truth, ['bbox'])


def test_a_ground_truth_without_the_lists_is_refused(truth):
  for image in truth['images']:
    image.pop('neg_category_ids', None)
    image.pop('not_exhaustive_category_ids', None)
  with pytest.raises(ValueError, match='no image of the ground truth has them'):
    lvis.evaluate(truth, RESULTS)


def test_categories_without_frequency_are_counted(truth):
  assert lvis_inputs.notes(truth) == []
  used = truth['annotations'][0]['category_id']
  for category in truth['categories']:
    if category['id'] == used:
      del category['frequency']
  (note,) = lvis_inputs.notes(truth)
  assert '1 of' in note and f'such as {used}' in note and 'ap_rare' in note
