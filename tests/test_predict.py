"""Predictions on image files equal the detections on records of them."""

import json

import numpy as np
import pytest
import small_model
import verbs
from PIL import Image
from pycocotools import mask as coco_mask

from copypaste_tf import drawing
from copypaste_tf.evaluation.coco_evaluator import DETECTIONS_FILE
from copypaste_tf.inputs import image_files
from copypaste_tf.serving import image_list, inference
from copypaste_tf.training.run import runner
from copypaste_tf.verbs import predict


@pytest.fixture(scope='module')
def recipe(shapes):
  return (
    f'TRAIN_RECORDS = "{shapes}/train-*.tfrecord"',
    f'EVAL_RECORDS = "{shapes}/val-*.tfrecord"',
  )


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
  return small_model.checkpoint(tmp_path_factory.mktemp('checkpoint'))


def by_image(folder):
  results = {}
  for result in json.loads((folder / DETECTIONS_FILE).read_text()):
    results.setdefault(result['image_id'], []).append(result)
  return results


@pytest.mark.slow
def test_predictions_on_files_equal_those_on_records(
  shapes, recipe, checkpoint, tmp_path
):
  config = small_model.params(*recipe)
  runner.evaluate(config, str(tmp_path), checkpoint)
  paths = image_list.expand([f'{shapes}/images/0000010*.jpg'])
  results = predict.run_detector(
    inference.Detector(config, checkpoint),
    image_list.number(paths),
    str(tmp_path / 'out'),
    names={1: 'disc'},
    batch_size=4,
    min_drawn_score=0.5,
  )
  assert len(results) == len(paths) == 6
  expected, actual = by_image(tmp_path), by_image(tmp_path / 'out')
  assert expected.keys() == actual.keys() and expected
  for image_id in expected:
    rows, others = map(
      small_model.table, (expected[image_id], actual[image_id])
    )
    others = others[small_model.match(others, rows)]
    small_model.compare(rows, others)
  listed = json.loads((tmp_path / 'out' / predict.IMAGES_FILE).read_text())
  assert [image['file_name'] for image in listed['images']] == paths
  assert listed['categories'] == [{'id': 1, 'name': 'disc'}]
  for image in listed['images']:
    name = f'{image["id"]:012d}.png'
    drawn = Image.open(tmp_path / 'out' / predict.PICTURES / name)
    assert drawn.size == (image['width'], image['height'])
    original = image_files.read(image['file_name'])
    high = any(r['score'] >= 0.5 for r in actual.get(image['id'], []))
    assert high != np.array_equal(drawn, original)


def run(*arguments):
  return verbs.run('copypaste_tf.predict', *arguments)


@pytest.mark.slow
def test_the_command_skips_unreadable_files(checkpoint, tmp_path):
  small_model.images(tmp_path, [(30, 40)])
  (tmp_path / 'broken.jpg').write_text('no image')
  (tmp_path / 'names.json').write_text('{"1": "disc"}')
  done = run(
    '--gin_file=smoke',
    *(f'--gin_params={line}' for line in small_model.PARAMS),
    f'--checkpoint={checkpoint}',
    f'--images={tmp_path}/*.jpg',
    f'--output={tmp_path}/out',
    f'--label_map={tmp_path}/names.json',
    '--min_score=0.2',
  )
  assert done.returncode == 0, done.stderr
  assert '1 images could not be read' in done.stdout
  assert 'broken.jpg' in done.stderr
  results = json.loads((tmp_path / 'out/detections.json').read_text())
  assert results and min(r['score'] for r in results) >= 0.2
  assert {r['image_id'] for r in results} == {2}
  assert (tmp_path / 'out/pictures/000002-photo0.png').exists()


@pytest.mark.thorough
@pytest.mark.slow
def test_the_command_fails_if_no_file_is_readable(checkpoint, tmp_path):
  (tmp_path / 'broken.jpg').write_text('no image')
  done = run(
    '--gin_file=smoke',
    *(f'--gin_params={line}' for line in small_model.PARAMS),
    f'--checkpoint={checkpoint}',
    f'--images={tmp_path}/broken.jpg',
    f'--output={tmp_path}/out',
  )
  assert done.returncode == 1 and 'Traceback' not in done.stderr
  assert '0 images' in done.stdout


def test_a_picture_shows_mask_class_and_score():
  image = np.zeros([20, 30, 3], np.uint8)
  mask = np.zeros([20, 30], np.uint8, order='F')
  mask[:, :5] = 1
  segmentation = coco_mask.encode(mask)
  result = {'bbox': [0, 0, 5, 20], 'category_id': 3, 'score': 0.5}
  plain = predict.draw(image, [result], {})
  drawn = predict.draw(image, [result | {'segmentation': segmentation}], {})
  (color,) = drawing.class_colors([3])
  assert np.array_equal(plain[19, 2], color)
  assert drawn[15, 2].any() and not plain[15, 2].any()
  assert not np.array_equal(predict.draw(image, [result], {3: 'cat'}), plain)
  np.testing.assert_array_equal(predict.draw(image, [], {}), image)
