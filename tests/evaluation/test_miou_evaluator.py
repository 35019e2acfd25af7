"""Tests the evaluator of class maps: columns, workers, and missing truth."""

import json

import numpy as np
import pytest
from miou_by_hand import by_hand

from copypaste_tf.evaluation import miou_evaluator
from copypaste_tf.evaluation.miou_evaluator import MiouEvaluator
from copypaste_tf.examples import VOID
from copypaste_tf.records import png

K, CANVAS = 3, (16, 16)
SIZES = {1: (20, 14), 2: (9, 30), 3: (16, 16)}


def truth(seed=0):
  rng = np.random.default_rng(seed)
  return {
    i: rng.choice([*range(K), VOID], size).astype(np.uint8)
    for i, size in SIZES.items()
  }


def evaluator(maps, **options):
  made = MiouEvaluator(
    lambda: {i: png.encode(x) for i, x in maps.items()},
    lambda: {1: 'cat', 2: 'd\x1bog'},
    num_classes=K,
    canvas=CANVAS,
    **options,
  )
  made.prepare(maps)
  return made


def outputs(ids, seed=1, **changes):
  rng = np.random.default_rng(seed)
  sizes = np.array([SIZES.get(i, CANVAS) for i in ids])
  fitted = np.maximum(np.round(sizes * (16 / sizes.max(1, keepdims=True))), 1)
  scores = rng.normal(size=[len(ids), 4, 4, K]).astype(np.float32)
  return {
    'source_ids': np.array(ids),
    'original_sizes': sizes,
    'sizes': fitted.astype(np.int32),
    'scores': scores,
    **changes,
  }


def test_the_number_is_that_of_the_class_maps_that_are_written(tmp_path):
  maps = truth()
  made = evaluator(maps, per_category=True)
  made.add(outputs([1, 2, 3, -5]))
  made.write(str(tmp_path))
  content = json.loads((tmp_path / made.output_file).read_text())
  images = miou_evaluator.read_images(content)
  assert images.keys() == maps.keys()
  numbers = made.metrics()
  expected = by_hand([*maps.values()], [images[i] for i in maps], K)
  assert numbers['miou'] == pytest.approx(expected)
  named = [numbers[f'iou/{name}'] for name in ('background', 'cat', 'd\x1bog')]
  assert np.mean(named) == pytest.approx(expected)
  assert {*made.names, made.headline} <= numbers.keys()
  assert made.on_canvas == 'miou_16'
  assert made.table(numbers).count('\n') == 2  # Classes have tables.


def test_perfect_scores_on_the_canvas_reach_1_there():
  maps = {3: np.repeat(np.repeat(np.eye(4, dtype=np.uint8), 4, 0), 4, 1)}
  scores = np.eye(K, dtype=np.float32)[np.eye(4, dtype=int)][np.newaxis]
  made = evaluator(maps)
  made.add(outputs([3], scores=scores, multi_scores=-scores))
  numbers = made.metrics()
  assert numbers['miou'] == numbers['miou_16']
  assert numbers['miou'] > 0.8 > 0.2 > numbers['miou_multi']
  assert 'iou/cat' not in numbers


def test_two_workers_count_what_one_does():
  maps = truth()
  alone = evaluator(maps)
  first, second = evaluator(maps), evaluator(maps)
  one, other = outputs([1, 2]), outputs([3, -1], seed=2)
  for each in (one, other):
    alone.add(each)
  first.add(one)
  second.add(other)
  parts = json.loads(json.dumps([first.parts(), second.parts()]))
  first.merge(parts)
  assert first.parts() == alone.parts()
  assert first.metrics() == alone.metrics()
  first.reset()
  assert first.metrics() == {
    'miou': -1.0,
    'miou_16': -1.0,
    'pixel_accuracy': -1.0,
  }


def test_an_image_without_a_class_map_and_a_strange_class_are_named():
  maps = truth()
  made = evaluator(maps)
  with pytest.raises(ValueError, match='image 7 has no class map'):
    made.add(outputs([7]))
  maps[2] = np.full(SIZES[2], 200, np.uint8)
  with pytest.raises(ValueError, match='image 2: expected classes below 3'):
    evaluator(maps).add(outputs([2]))
  with pytest.raises(ValueError, match='hold no class map'):
    evaluator({})
