import federated_sets
import pytest

from copypaste_tf.evaluation import lvis, results_evaluation

TRUTH, RESULTS = federated_sets.random_set(4)


def evaluate(results=RESULTS, truth=TRUTH, protocol='lvis', **knobs):
  return results_evaluation.evaluate(
    results, 'x.json', truth, protocol=protocol, **knobs
  )


@pytest.mark.parametrize('fixed', [False, True])
def test_metrics_are_those_of_the_protocol(fixed):
  protocol = 'lvis_fixed' if fixed else 'lvis'
  metrics, notes = evaluate(protocol=protocol, iou_types=['segm', 'boundary'])
  assert metrics == lvis.evaluate(
    TRUTH, RESULTS, fixed=fixed, iou_types=['segm', 'boundary']
  )
  assert not notes


def test_masks_are_measured_where_there_are_any():
  boxes = [{k: v for k, v in r.items() if k != 'segmentation'} for r in RESULTS]
  assert 'mask_ap' in evaluate()[0]
  assert 'mask_ap' not in evaluate(boxes)[0]
  assert evaluate([])[0]['mask_ap'] == 0


def test_a_limit_that_bites_is_said_and_leaves_the_best_of_an_image():
  image = RESULTS[0]['image_id']
  late = [RESULTS[0] | {'score': -1.0 - i} for i in range(300)]
  metrics, (note,) = evaluate(RESULTS + late)
  count = 300 + sum(r['image_id'] == image for r in RESULTS)
  assert '1 of ' in note and f'more than 300 detections, up to {count}' in note
  assert metrics == evaluate(RESULTS + late[: 600 - count])[0]
  assert not evaluate(RESULTS + late, protocol='lvis_fixed')[1]


def test_repeated_detections_are_counted_and_lower_precision():
  metrics, (note,) = evaluate(RESULTS + RESULTS[:10])
  assert f'10 of {len(RESULTS) + 10} detections repeat another' in note
  assert metrics['box_ap'] < evaluate()[0]['box_ap']
  assert evaluate(RESULTS + RESULTS[:1], protocol='coco')[1]


def test_unknown_categories_are_counted():
  strange = [r | {'category_id': 1230} for r in RESULTS]
  metrics, (note,) = evaluate(RESULTS + strange[:1])
  assert 'no categories [1230]' in note and metrics == evaluate()[0]
  with pytest.raises(ValueError, match='no detection has a category'):
    evaluate(strange)


def test_unknown_images_and_missing_objects_are_refused():
  with pytest.raises(ValueError, match='1 image ids'):
    evaluate([*RESULTS, RESULTS[0] | {'image_id': 999}])
  with pytest.raises(ValueError, match='nothing can be measured'):
    evaluate(truth=TRUTH | {'annotations': []})


def test_labels_of_lvis_are_refused_where_nobody_asked_for_coco():
  with pytest.raises(ValueError, match='expected --protocol=lvis'):
    results_evaluation.check_protocol(TRUTH)
  plain = {'images': [{'id': 1}]}
  results_evaluation.check_protocol(plain)
