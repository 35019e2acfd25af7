import json

import federated_sets
import pytest

from copypaste_tf.evaluation import (
  coco,
  lvis,
  results_evaluation,
  results_file,
  voc,
)

TRUTH, RESULTS = federated_sets.random_set(4)


@pytest.fixture
def evaluate(tmp_path):
  def evaluate(results=RESULTS, truth=TRUTH, protocol='lvis', **knobs):
    path = tmp_path / 'results.json'
    path.write_text(json.dumps(results))
    return results_evaluation.evaluate(path, truth, protocol=protocol, **knobs)

  return evaluate


@pytest.mark.parametrize('fixed', [False, True])
def test_metrics_are_those_of_the_protocol(evaluate, fixed):
  protocol = 'lvis_fixed' if fixed else 'lvis'
  metrics, notes = evaluate(protocol=protocol, iou_types=['segm', 'boundary'])
  assert metrics == lvis.evaluate(
    TRUTH, RESULTS, fixed=fixed, iou_types=['segm', 'boundary']
  )
  assert not notes


@pytest.mark.parametrize(
  'iou_types', [['bbox'], ['segm', 'boundary'], ['bbox', 'segm']]
)
def test_the_protocol_of_coco_reads_the_masks_that_it_measures(
  evaluate, iou_types
):
  found = evaluate(protocol='coco', iou_types=iou_types)[0]
  assert found == coco.evaluate(
    TRUTH, RESULTS, iou_types=iou_types, strict_categories=False
  )
  assert found == pytest.approx(
    evaluate(protocol='coco', iou_types=iou_types, backend='pycocotools')[0]
  )


def test_the_protocol_of_voc_needs_boxes_only(evaluate):
  masks = [{k: v for k, v in r.items() if k != 'bbox'} for r in RESULTS]
  assert evaluate(masks, protocol='voc')[0] == voc.evaluate(TRUTH, masks)


@pytest.mark.parametrize('protocol', ['coco', 'lvis', 'lvis_fixed'])
def test_chunks_do_not_change_the_numbers(evaluate, monkeypatch, protocol):
  """The detections of an image lie far apart, more of them than count."""
  many = [r | {'score': r['score'] + i} for i in range(40) for r in RESULTS]
  expected = evaluate(many, protocol=protocol)
  assert 0 < expected[0]['mask_ap'] < 1
  monkeypatch.setattr(results_file, '_CHUNK', 50)
  assert evaluate(many, protocol=protocol) == expected


def test_masks_are_measured_where_there_are_any(evaluate):
  boxes = [{k: v for k, v in r.items() if k != 'segmentation'} for r in RESULTS]
  assert 'mask_ap' in evaluate()[0]
  assert 'mask_ap' not in evaluate(boxes)[0]
  assert evaluate([])[0]['mask_ap'] == 0


def test_a_limit_that_bites_is_said_and_leaves_the_best_of_an_image(evaluate):
  image = RESULTS[0]['image_id']
  late = [RESULTS[0] | {'score': -1.0 - i} for i in range(300)]
  metrics, (note,) = evaluate(RESULTS + late)
  count = 300 + sum(r['image_id'] == image for r in RESULTS)
  assert '1 of ' in note and f'more than 300 detections, up to {count}' in note
  assert metrics == evaluate(RESULTS + late[: 600 - count])[0]
  assert not evaluate(RESULTS + late, protocol='lvis_fixed')[1]


def test_repeated_detections_are_counted_and_lower_precision(evaluate):
  metrics, (note,) = evaluate(RESULTS + RESULTS[:10])
  assert f'10 of {len(RESULTS) + 10} detections repeat another' in note
  assert metrics['box_ap'] < evaluate()[0]['box_ap']
  assert evaluate(RESULTS + RESULTS[:1], protocol='coco')[1]


def test_unknown_categories_are_counted(evaluate):
  strange = [r | {'category_id': 1230} for r in RESULTS]
  metrics, (note,) = evaluate(RESULTS + strange[:1])
  assert 'no categories [1230]' in note and metrics == evaluate()[0]
  with pytest.raises(ValueError, match='no detection has a category'):
    evaluate(strange)


def test_unknown_images_and_missing_objects_are_refused(evaluate):
  with pytest.raises(ValueError, match='1 image ids'):
    evaluate([*RESULTS, RESULTS[0] | {'image_id': 999}])
  with pytest.raises(ValueError, match='nothing can be measured'):
    evaluate(truth=TRUTH | {'annotations': []})


def test_labels_of_lvis_are_refused_where_nobody_asked_for_coco():
  with pytest.raises(ValueError, match='expected --protocol=lvis'):
    results_evaluation.check_protocol(TRUTH)
  plain = {'images': [{'id': 1}]}
  results_evaluation.check_protocol(plain)
