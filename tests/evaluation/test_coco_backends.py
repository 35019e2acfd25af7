import numpy as np
import pytest

from copypaste_tf.evaluation import coco_backends

RUNS = [coco_backends.run_faster, coco_backends.run_pycocotools]


def box_set(boxes, scored, crowd=()):
  """A ground truth of one image and category, and results in it."""
  truth = {
    'images': [{'id': 5, 'height': 100, 'width': 100}],
    'categories': [{'id': 3, 'name': 'x'}, {'id': 9, 'name': 'y'}],
    'annotations': [
      {
        'id': i + 1,
        'image_id': 5,
        'category_id': 3,
        'bbox': list(box),
        'area': float(box[2] * box[3]),
        'iscrowd': int(i in crowd),
        'ignore': int(i in crowd),
      }
      for i, box in enumerate(boxes)
    ],
  }
  found = [
    {
      'id': i + 1,
      'image_id': 5,
      'category_id': 3,
      'bbox': list(box),
      'area': float(box[2] * box[3]),
      'iscrowd': 0,
      'score': score,
    }
    for i, (box, score) in enumerate(scored)
  ]
  return truth, found


def iou(a, b):
  sides = [
    max(0, min(a[k] + a[k + 2], b[k] + b[k + 2]) - max(a[k], b[k]))
    for k in (0, 1)
  ]
  inside = sides[0] * sides[1]
  return inside / (a[2] * a[3] + b[2] * b[3] - inside)


def average_precision_by_hand(boxes, scored, threshold):
  """COCO's 101-point average precision, without crowds or ignored areas."""
  free, hits = set(range(len(boxes))), []
  for box, _ in sorted(scored, key=lambda entry: -entry[1])[:100]:
    overlaps = {i: iou(boxes[i], box) for i in free}
    best = max(overlaps, key=overlaps.get, default=None)
    hits.append(best is not None and overlaps[best] >= threshold)
    if hits[-1]:
      free.remove(best)
  true = np.cumsum(hits)
  precision = true / np.arange(1, len(hits) + 1)
  recall = true / len(boxes)
  points = [
    max(precision[recall >= point], default=0)
    for point in np.linspace(0, 1, 101)
  ]
  return np.mean(points)


@pytest.mark.parametrize('run', RUNS)
@pytest.mark.parametrize('seed', range(4))
def test_average_precision_equals_the_loop(run, seed):
  rng = np.random.default_rng(seed)
  boxes = rng.uniform([0, 0, 8, 8], [70, 70, 30, 30], [6, 4])
  scored = [
    (box + rng.normal(0, 1.5, 4), rng.random()) for box in boxes for _ in '123'
  ]
  precision, recall = run(*box_set(boxes, scored), 'bbox')
  assert precision.shape == (10, 101, 2, 4, 3)
  assert recall.shape == (10, 2, 4, 3)
  for i, threshold in enumerate(np.linspace(0.5, 0.95, 10)):
    expected = average_precision_by_hand(boxes, scored, threshold)
    assert precision[i, :, 0, 0, -1].mean() == pytest.approx(expected)
  assert (precision[:, :, 1] == -1).all()


@pytest.mark.parametrize('run', RUNS)
def test_a_crowd_absorbs_detections(run):
  scored = [((1, 1, 8, 8), 0.9), ((60, 60, 20, 20), 0.5)]
  boxes = [(60, 60, 20, 20), (0, 0, 40, 40)]
  with_crowd, _ = run(*box_set(boxes, scored, crowd=[1]), 'bbox')
  without, _ = run(*box_set(boxes[:1], scored), 'bbox')
  assert with_crowd[0, :, 0, 0, -1].mean() == pytest.approx(1)
  assert without[0, :, 0, 0, -1].mean() == pytest.approx(0.5)


@pytest.mark.parametrize('run', RUNS)
def test_the_best_hundred_detections_of_a_category_count(run):
  wrong = [((0, 0, 5, 5), 0.5 + i / 1000) for i in range(100)]
  right = ((50, 50, 20, 20), 0.1)
  _, recall = run(*box_set([right[0]], [right, *wrong[:99]]), 'bbox')
  assert (recall[:, 0, 0] == [[0, 0, 1]] * 10).all()
  _, recall = run(*box_set([right[0]], [right, *wrong]), 'bbox')
  assert (recall[:, 0, 0] == 0).all()
