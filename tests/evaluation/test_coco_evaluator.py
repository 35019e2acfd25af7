"""Detections of batches and workers are measured as COCO results are."""

import json

import numpy as np
import pytest

from copypaste_tf.evaluation import coco
from copypaste_tf.evaluation.coco_evaluator import CocoEvaluator

TRUTH = {
  'images': [{'id': i, 'height': 20, 'width': 30} for i in (1, 2)],
  'categories': [{'id': 3, 'name': 'cat'}],
  'annotations': [
    {
      'id': i,
      'image_id': i,
      'category_id': 3,
      'bbox': [4.0, 2.0, 12.0, 8.0],
      'area': 96.0,
      'iscrowd': 0,
      'segmentation': [[4, 2, 16, 2, 16, 10, 4, 10]],
    }
    for i in (1, 2)
  ],
}


def batch(image, left=4.0):
  """One image with a right box and a row of padding."""
  boxes = [[2.0, left, 10.0, left + 12], [0.0, 0.0, 0.0, 0.0]]
  return {
    'source_ids': np.array([image]),
    'original_sizes': np.array([[20, 30]]),
    'boxes': np.array([boxes]),
    'scores': np.array([[0.75, 0.0]]),
    'classes': np.array([[3, 0]]),
    'masks': np.ones([1, 2, 4, 4], np.float32),
  }


@pytest.mark.parametrize('masks', [True, False])
def test_metrics_are_those_of_the_collected_detections(masks):
  iou_types = ('bbox', 'segm') if masks else ('bbox',)
  measure = CocoEvaluator(lambda: TRUTH, iou_types=iou_types, per_category=True)
  measure.add(batch(1))
  measure.add(batch(2, left=17.0))
  metrics = measure.metrics()
  assert metrics == coco.evaluate(
    TRUTH, measure.detections, iou_types=iou_types, per_category=True
  )
  assert (
    metrics['box_ap'] == metrics['box_ap/cat'] == pytest.approx(0.505, 0.01)
  )
  assert ('mask_ap' in metrics) == masks
  assert measure.headline == ('mask_ap' if masks else 'box_ap')
  assert (
    measure.headline in measure.names and set(measure.names) <= metrics.keys()
  )
  assert measure.table(metrics).splitlines()[1].startswith('ap ')


def test_workers_are_joined_and_written(tmp_path):
  workers = [CocoEvaluator(lambda: TRUTH) for _ in range(2)]
  for image, measure in enumerate(workers, 1):
    measure.add(batch(image))
  parts = json.loads(json.dumps([measure.parts() for measure in workers]))
  for measure in workers:
    measure.merge(parts)
    assert measure.metrics()['mask_ap'] == pytest.approx(1.0)
  workers[1].write(str(tmp_path))
  written = json.loads((tmp_path / workers[1].output_file).read_text())
  assert written == workers[0].detections.to_results() and len(written) == 2


def test_the_ground_truth_is_read_once_and_only_when_needed():
  reads = []
  measure = CocoEvaluator(lambda: reads.append(1) or TRUTH)
  measure.add(batch(1))
  assert not reads
  measure.metrics()
  measure.reset()
  assert not len(measure.detections) and measure.metrics()['box_ap'] == 0
  assert len(reads) == 1


def test_the_ground_truth_is_checked_before_an_evaluation():
  CocoEvaluator(lambda: TRUTH).prepare([1, 2])
  with pytest.raises(ValueError, match='lacks the image ids'):
    CocoEvaluator(lambda: TRUTH).prepare([1, 3])
  masks = [dict(a, segmentation=None) for a in TRUTH['annotations']]
  boxes = TRUTH | {'annotations': masks}
  CocoEvaluator(lambda: boxes, iou_types=('bbox',)).prepare()
  with pytest.raises(ValueError, match='has no mask'):
    CocoEvaluator(lambda: boxes).prepare()


def test_one_worker_measures_arrays_without_building_results(monkeypatch):
  measure = CocoEvaluator(lambda: TRUTH)
  measure.add(batch(1))
  monkeypatch.delattr(type(measure.detections), 'to_results')
  monkeypatch.delattr(type(measure.detections), '__iter__')
  assert measure.metrics()['mask_ap'] > 0
