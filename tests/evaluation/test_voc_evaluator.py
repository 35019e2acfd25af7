"""Outputs of a model are measured by Pascal VOC's rules, without masks."""

import json

import numpy as np
import pytest

from copypaste_tf.evaluation import protocols, voc

SIZE = (90, 120)


def outputs(seed, images=6, k=8):
  """Returns ground truth, and outputs of a model for each of its images."""
  rng = np.random.default_rng(seed)
  annotations, batches = [], []
  for image in range(images):
    corners = rng.integers(0, 50, [k, 2])
    boxes = np.concatenate([corners, corners + rng.integers(9, 40, [k, 2])], 1)
    classes = rng.integers(1, 4, k)
    for (top, left, bottom, right), category in zip(
      boxes[: k // 2].tolist(), classes.tolist(), strict=False
    ):
      annotations.append(
        {
          'id': len(annotations),
          'image_id': image,
          'category_id': category,
          'bbox': [left, top, right - left, bottom - top],
          'area': 1,
          'difficult': int(rng.random() < 0.2),
        }
      )
    batches.append(
      {
        'source_ids': np.array([image]),
        'original_sizes': np.array([SIZE]),
        'boxes': (boxes + rng.normal(0, 3, [k, 4]))[np.newaxis],
        'scores': np.sort(rng.integers(1, 5, [1, k]) / 5)[:, ::-1],
        'classes': classes[np.newaxis],
        'masks': rng.uniform(0.4, 1, [1, k, 5, 5]),
      }
    )
  truth = {
    'images': [{'id': image} for image in range(images)],
    'annotations': annotations,
    'categories': [{'id': i, 'name': f'c{i}'} for i in (1, 2, 3)],
  }
  return truth, batches


def measure(truth, batches, complete=False):
  found = protocols.evaluator('voc', lambda: truth, iou_types=['bbox'])
  found.complete = complete
  found.prepare([0])
  for batch in batches:
    found.add(batch)
  return found


def test_two_workers_measure_what_one_does():
  truth, batches = outputs(0)
  one = measure(truth, batches)
  workers = [measure(truth, batches[i::2]) for i in (1, 0)]
  parts = json.loads(json.dumps([worker.parts() for worker in workers]))
  for worker in workers:
    worker.merge(parts)
    assert worker.metrics() == one.metrics()
  assert 0 < one.metrics()['voc07_ap50'] < 1


def test_metrics_are_those_of_the_written_results(tmp_path):
  truth, batches = outputs(1)
  found = measure(truth, batches)
  found.write(str(tmp_path))
  results = json.loads((tmp_path / found.output_file).read_text())
  assert 'segmentation' not in results[0]
  assert found.metrics() == voc.evaluate(truth, results)
  assert set(found.names) <= found.metrics().keys()
  assert found.table(found.metrics()).splitlines()[1].startswith('ap50')
  assert found.notes() == voc.notes(truth)


def test_masks_are_made_only_for_a_file_that_asks_for_them():
  truth, batches = outputs(2)
  few, whole = (measure(truth, batches, x) for x in (False, True))
  assert few.detections.counts is None and whole.detections.counts
  assert few.metrics() == whole.metrics()


def test_every_detection_of_an_image_counts():
  assert measure(*outputs(0)).max_detections is None


def test_an_evaluation_without_detections_scores_zero():
  truth, _ = outputs(0)
  assert measure(truth, []).metrics()['voc07_ap50'] == 0


def test_ids_that_are_no_numbers_are_refused_before_the_evaluation():
  truth, _ = outputs(0)
  truth['categories'].append({'id': 'x', 'name': 'x'})
  with pytest.raises(ValueError, match='expected whole numbers'):
    measure(truth, [])
