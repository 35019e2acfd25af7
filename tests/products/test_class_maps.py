"""Class maps as files, exports and pictures of a report."""

import io
import types

import numpy as np
import pytest
import serialized
import tensorflow as tf
from PIL import Image

from copypaste_tf import records
from copypaste_tf.evaluation import miou_evaluator
from copypaste_tf.examples import VOID
from copypaste_tf.products.class_maps import ClassMaps
from copypaste_tf.serving.prediction import Prediction
from copypaste_tf.training.config import gin_config

SIZES = np.array([[20, 30], [40, 12]], np.int32)
VALID = np.array([[64, 96], [96, 29]], np.int32)


def outputs(seed=0, **changes):
  rng = np.random.default_rng(seed)
  return {
    'source_ids': np.array([1000, 1001]),
    'original_sizes': SIZES,
    'sizes': VALID,
    'scores': rng.normal(size=[2, 24, 24, 5]).astype(np.float32),
    **changes,
  }


def one(found, i):
  return ClassMaps().result({name: x[i : i + 1] for name, x in found.items()})


def test_a_result_has_the_size_of_its_image_and_becomes_a_palette_png():
  product, found = ClassMaps(), outputs()
  predictions = [
    Prediction(1000 + i, tuple(SIZES[i]), one(found, i)) for i in range(2)
  ]
  assert product.summary([p.results for p in predictions]) == '2 class maps'
  files = product.write(predictions, {1000: 'a', 1001: 'b'})
  assert [*files] == ['class_maps/a.png', 'class_maps/b.png']
  for prediction, size in zip(predictions, SIZES, strict=True):
    assert prediction.results.shape == tuple(size)


def test_files_hold_the_classes(tmp_path):
  class_map = np.array([[0, 5], [20, 1]], np.uint8)
  ((_, write),) = (
    ClassMaps().write([Prediction(1, (2, 2), class_map)], {1: 'x'}).items()
  )
  write(str(tmp_path / 'x.png'))
  with Image.open(io.BytesIO((tmp_path / 'x.png').read_bytes())) as image:
    assert image.mode == 'P'
    np.testing.assert_array_equal(image, class_map)


def test_averaged_scores_are_preferred_and_must_be_finite():
  found = outputs()
  found['multi_scores'] = found['scores'][..., ::-1]
  np.testing.assert_array_equal(one(found, 0), 4 - one(outputs(), 0))
  broken = outputs(scores=np.full([2, 24, 24, 5], np.nan, np.float32))
  with pytest.raises(ValueError, match='image 1001: a score is not finite'):
    one(broken, 1)


def test_an_export_pads_a_batch_with_void():
  found = outputs()
  tensors = {name: tf.constant(x) for name, x in found.items()}
  served = tf.function(
    lambda x: ClassMaps().served(x, min_score=0.0), autograph=False
  )(tensors)
  class_maps = served['class_maps'].numpy()
  assert class_maps.shape == (2, 40, 30) and class_maps.dtype == np.uint8
  for i, (height, width) in enumerate(SIZES):
    np.testing.assert_array_equal(class_maps[i, :height, :width], one(found, i))
    assert (class_maps[i, height:] == VOID).all()
    assert (class_maps[i, :, width:] == VOID).all()
  np.testing.assert_array_equal(served['image_sizes'], SIZES)


def run_of(folder):
  """A run whose predictions are the class maps of its two records."""
  made = [serialized.make_record(seed, crowds=1)[0] for seed in range(2)]
  examples = [records.serialize(record) for record in made]
  path = serialized.write(folder / 'val.tfrecord', examples)
  params = gin_config.load(
    ['shapes_seg_cpu'], [f'EVAL_RECORDS = {path!r}']
  ).params
  run = types.SimpleNamespace(
    model_dir=str(folder), params=params, predictions=None
  )
  evaluator = ClassMaps().evaluator(
    types.SimpleNamespace(
      **vars(run) | {'predictions': {'counts': {}, 'images': {}}}
    )
  )
  evaluator.add(
    {
      'source_ids': np.array([1000, 1001, -1]),
      'original_sizes': np.array([[30, 40]] * 3),
      'sizes': np.array([[96, 128]] * 3),
      'scores': np.zeros([3, 32, 32, 18], np.float32),
    }
  )
  run.predictions = evaluator.parts()
  return run


def test_a_report_has_metrics_pixels_and_pictures(tmp_path):
  run, product = run_of(tmp_path), ClassMaps()
  evaluator = product.evaluator(run)
  numbers = evaluator.metrics()
  # Everything was predicted as background.
  assert numbers['iou/background'] == numbers['pixel_accuracy'] > 0
  assert numbers['iou/1'] == 0
  counts = product.counts(evaluator)
  assert counts['background'] > 0 and len(counts) == 18
  (pair,) = product.compare(run, evaluator, min_score=0.5, limit=1)
  assert pair.title.startswith('0.png: mean IoU ')
  assert not np.array_equal(pair.truth, pair.prediction)
  images = miou_evaluator.read_images(run.predictions)
  assert images.keys() == {1000, 1001}


def test_a_report_without_a_prediction_has_no_counts(tmp_path):
  run = run_of(tmp_path)
  run.predictions = {'counts': {}, 'images': {}}
  product = ClassMaps()
  assert set(product.counts(product.evaluator(run)).values()) == {0}
