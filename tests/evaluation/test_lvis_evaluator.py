"""Outputs of a model are measured by LVIS's protocol, with few masks."""

import json

import federated_sets
import numpy as np
import pytest

from copypaste_tf.evaluation import detections, lvis, protocols


def outputs(seed, images=7, k=40):
  """Returns ground truth, and outputs of a model for each of its images."""
  truth, _ = federated_sets.random_set(seed, images)
  rng = np.random.default_rng(seed)
  batches = []
  for image in truth['images']:
    corners = rng.uniform(0, 60, [1, k, 2])
    boxes = np.concatenate(
      [corners, corners + rng.uniform(5, 60, [1, k, 2])], 2
    )
    classes = rng.integers(0, 11, [1, k])
    here = [a for a in truth['annotations'] if a['image_id'] == image['id']]
    # At all places, so that those near a limit matter.
    for i in range(len(here) and k):
      annotation = here[rng.integers(len(here))]
      x, y, width, height = annotation['bbox']
      if rng.random() < 0.7:
        boxes[0, i] = [y, x, y + height, x + width] + rng.normal(0, 3, 4)
        classes[0, i] = annotation['category_id']
    batches.append(
      {
        'source_ids': np.array([image['id']]),
        'original_sizes': np.array([federated_sets.SIZE]),
        'boxes': boxes,
        'scores': np.sort(rng.integers(1, 9, [1, k]) / 9)[:, ::-1],
        'classes': classes,
        'masks': rng.uniform(0.4, 1, [1, k, 5, 5]),
      }
    )
  return truth, batches


def measure(protocol, truth, batches, complete=False, **knobs):
  found = protocols.evaluator(
    protocol, lambda: truth, iou_types=('bbox', 'segm', 'boundary'), **knobs
  )
  found.complete = complete
  for batch in batches:
    found.add(batch)
  return found


@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('protocol', ['lvis', 'lvis_fixed'])
def test_masks_that_are_not_made_change_no_number(protocol, seed, monkeypatch):
  monkeypatch.setattr(lvis, 'IMAGE_LIMIT', 30)
  monkeypatch.setattr(lvis, 'CATEGORY_LIMIT', 100)
  truth, batches = outputs(seed)
  few = measure(protocol, truth, batches)
  whole = measure(protocol, truth, batches, complete=True)
  assert few.metrics() == whole.metrics()
  assert 0 < few.metrics()['mask_ap'] < 1
  sizes = [len(x.detections.counts) for x in (few, whole)]
  assert sizes[0] < sizes[1]
  assert len(few.detections) == len(whole.detections)


def test_metrics_are_those_of_the_written_results(tmp_path):
  truth, batches = outputs(1)
  found = measure('lvis', truth, batches)
  found.prepare([0, 1])
  found.write(str(tmp_path))
  results = json.loads((tmp_path / found.output_file).read_text())
  metrics = found.metrics()
  assert metrics == lvis.evaluate(
    truth,
    results,
    iou_types=('bbox', 'segm', 'boundary'),
    strict_categories=False,
  )
  assert found.headline == 'mask_ap'
  assert set(found.names) <= metrics.keys()
  assert found.table(metrics).splitlines()[7].startswith('ap_rare')


@pytest.mark.parametrize('protocol', ['lvis', 'lvis_fixed'])
def test_two_workers_measure_what_one_does(protocol, monkeypatch):
  monkeypatch.setattr(lvis, 'CATEGORY_LIMIT', 4)
  truth, batches = outputs(2)
  one = measure(protocol, truth, batches)
  workers = [measure(protocol, truth, batches[i::2]) for i in (1, 0)]
  parts = json.loads(json.dumps([worker.parts() for worker in workers]))
  for worker in workers:
    worker.merge(parts)
    assert worker.metrics() == one.metrics()


def test_labels_of_another_protocol_are_refused_before_the_evaluation():
  truth, _ = federated_sets.random_set(0)
  for image in truth['images']:
    image.pop('neg_category_ids', None)
    image.pop('not_exhaustive_category_ids', None)
  with pytest.raises(ValueError, match='use the protocol coco'):
    measure('lvis', truth, []).prepare()


def test_the_limit_of_a_model_is_that_of_the_protocol():
  truth, _ = federated_sets.random_set(0)
  assert measure('coco', truth, []).max_detections == 100
  assert measure('lvis', truth, []).max_detections == 300
  assert measure('lvis_fixed', truth, []).max_detections is None


def test_an_evaluation_without_detections_scores_zero():
  truth, _ = federated_sets.random_set(0)
  found = measure('lvis', truth, [], per_category=True)
  assert isinstance(found.detections, detections.Detections)
  metrics = found.metrics()
  assert metrics['mask_ap'] == metrics['box_ap_frequent'] == 0
  assert metrics['mask_ap/c9'] == -1
