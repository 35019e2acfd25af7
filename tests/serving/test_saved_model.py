import json
import pathlib
import re
import shutil

import numpy as np
import pytest
import small_model
import tensorflow as tf

from copypaste_tf.inputs import image_files
from copypaste_tf.serving import prediction, saved_model
from copypaste_tf.serving.inference import Detector

SIZES = [(50, 80), (97, 33), (64, 64)]


@pytest.fixture(scope='module')
def detector(tmp_path_factory):
  path = small_model.checkpoint(tmp_path_factory.mktemp('checkpoint'))
  return Detector(small_model.params(), path)


@pytest.fixture(scope='module')
def served(detector):
  return saved_model.module(detector)


@pytest.fixture(scope='module')
def photos(tmp_path_factory):
  return small_model.images(tmp_path_factory.mktemp('photos'), SIZES)


@pytest.fixture(scope='module')
def expected(detector, photos):
  numbered = dict(enumerate(photos))
  found = prediction.predict(
    detector, numbered, batch_size=3, skipped=pytest.fail
  )
  return [image.results for image in found]


def check(outputs, results, size):
  """Compares the outputs for one image with COCO results."""
  small_model.check(
    {name: x.numpy() for name, x in outputs.items()}, results, size
  )


def test_a_batch_of_bytes_may_have_several_sizes(served, photos, expected):
  data = tf.stack([tf.io.read_file(path) for path in photos])
  outputs = served.detect_bytes(data)
  assert outputs['masks'].shape[2:] == (97, 80)
  assert sum(map(len, expected)) > 20
  for i, results in enumerate(expected):
    check({n: x[i] for n, x in outputs.items()}, results, SIZES[i])


@pytest.mark.thorough
def test_pixels_may_lack_the_batch_axis(served, photos, expected):
  pixels = image_files.read(photos[0])
  one = served.detect_images(tf.constant(pixels))
  assert one['num_detections'].shape == () and one['boxes'].shape[1:] == (4,)
  check(one, expected[0], SIZES[0])
  two = served.detect_images(np.stack([pixels, pixels[::-1]]))
  check({n: x[0] for n, x in two.items()}, expected[0], SIZES[0])
  assert two['masks'].shape[0] == 2


@pytest.mark.parametrize('shape', [(8, 8), (8, 8, 1), (1, 1, 8, 8, 3)])
def test_other_shapes_are_refused(served, shape):
  with pytest.raises(tf.errors.InvalidArgumentError, match='expected'):
    served.detect_images(tf.zeros(shape, tf.uint8))


def detector_outputs(scores):
  """Returns outputs of a detector for two images."""
  scores = np.float32(scores)
  boxes = np.float32([[1, 2, 5, 9], [3, 3, 40, 40], [0, 0, 4, 4]])
  boxes = np.stack([boxes, boxes]) * (scores[..., np.newaxis] > 0)
  return {
    'source_ids': tf.constant([1, 2], tf.int64),
    'original_sizes': tf.constant([[12, 20], [30, 8]]),
    'boxes': tf.constant(boxes),
    'scores': tf.constant(scores),
    'classes': tf.constant(np.int32([[3, 1, 2], [2, 2, 1]]) * (scores > 0)),
    'masks': tf.ones([2, 3, 28, 28]),
  }


def test_low_scores_can_be_left_out():
  found = detector_outputs([[0.9, 0.5, 0.3], [0.4, 0.2, 0.0]])
  kept = saved_model.outputs(min_score=0.5, **found)
  np.testing.assert_array_equal(kept['num_detections'], [2, 0])
  np.testing.assert_array_equal(kept['classes'], [[3, 1], [0, 0]])
  np.testing.assert_array_equal(
    kept['scores'], np.float32([[0.9, 0.5], [0, 0]])
  )
  # Clipped to an image of 12 x 20 pixels; no box where nothing is left.
  np.testing.assert_array_equal(
    kept['boxes'], [[[1, 2, 5, 9], [3, 3, 12, 20]], np.zeros([2, 4])]
  )
  assert kept['masks'].shape == (2, 2, 30, 20)
  assert tf.reduce_sum(tf.cast(kept['masks'][0], tf.int32)) == 4 * 7 + 9 * 17
  assert not kept['masks'][1].numpy().any()


def test_without_detections_everything_is_empty():
  none = saved_model.outputs(
    min_score=0.95, **detector_outputs([[0.9, 0, 0], [0, 0, 0]])
  )
  np.testing.assert_array_equal(none['num_detections'], [0, 0])
  assert none['boxes'].shape == (2, 0, 4)
  assert none['masks'].shape == (2, 0, 30, 20)


def test_a_model_without_masks_has_none():
  found = detector_outputs([[0.9, 0, 0], [0.5, 0.4, 0]])
  del found['masks']
  kept = saved_model.outputs(min_score=0.0, **found)
  assert 'masks' not in kept and kept['boxes'].shape == (2, 2, 4)


@pytest.mark.slow
def test_the_request_on_the_page_is_answered_with_names(
  detector, tmp_path, photos, expected, monkeypatch
):
  page = pathlib.Path(__file__).parents[2] / 'docs/predict.md'
  (example,) = re.findall(
    r'^```python\n(.*?)^```', page.read_text(), re.M | re.S
  )
  (photo,) = re.findall(r"'(build/.*\.jpg)'", example)
  monkeypatch.chdir(tmp_path)
  pathlib.Path(photo).parent.mkdir(parents=True)
  shutil.copy(photos[0], photo)
  best = expected[0][0]['category_id']
  labels = {best: '人', 99: 'Ähre'}
  saved_model.save(detector, 'build/saved_model', names=labels, min_score=0.2)
  names = {}
  exec(compile(example, str(page), 'exec'), names)
  results = [r for r in expected[0] if r['score'] >= 0.2]
  check({n: x[0] for n, x in names['outputs'].items()}, results, SIZES[0])
  classes = [r['category_id'] for r in results]
  texts = [labels.get(i, str(i)) for i in classes]
  assert sorted(names['labels']) == sorted(texts) and '人' in texts
  assert json.loads(pathlib.Path(names['path']).read_text('utf-8')) == {
    'categories': [{'id': best, 'name': '人'}, {'id': 99, 'name': 'Ähre'}],
    'input_size': [64, 64],
    'min_score': 0.2,
  }
