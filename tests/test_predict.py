"""Predictions on image files equal the detections on records of them."""

import json
import types

import numpy as np
import pytest
import small_model
import verbs
from PIL import Image
from pycocotools import mask as coco_mask

from copypaste_tf import drawing, file_lock
from copypaste_tf.evaluation.detection_evaluator import DETECTIONS_FILE
from copypaste_tf.inputs import image_files
from copypaste_tf.products import products
from copypaste_tf.serving import image_list, inference, prediction
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
  return verbs.run_here('copypaste_tf.predict', *arguments)


def annotations(folder):
  """Writes a list of images in another order than that of the files."""
  content = {
    'images': [
      {'id': 7, 'file_name': 'C:\\all\\photo0.JPG'},
      {'id': 4, 'file_name': 'all/broken.jpg'},
    ],
    'categories': [{'id': 1, 'name': 'disc'}],
  }
  path = folder / 'annotations.json'
  path.write_text(json.dumps(content))
  return path


@pytest.mark.slow
def test_the_command_skips_unreadable_files(checkpoint, tmp_path):
  photos = small_model.images(tmp_path, [(30, 40)])
  (tmp_path / 'broken.jpg').write_text('no image')
  done = run(
    '--gin_file=smoke',
    *(f'--gin_params={line}' for line in small_model.PARAMS),
    f'--checkpoint={checkpoint}',
    *('--images', f'{tmp_path}/broken.jpg', *photos),
    f'--output={tmp_path}/out',
    f'--annotation_file={annotations(tmp_path)}',
    '--min_score=0.2',
  )
  assert done.returncode == 0, done.stderr
  assert '1 images could not be read' in done.stdout
  assert 'broken.jpg' in done.stderr
  results = json.loads((tmp_path / 'out/detections.json').read_text())
  assert results and min(r['score'] for r in results) >= 0.2
  assert {r['image_id'] for r in results} == {7}
  assert (tmp_path / 'out/pictures/000007-photo0.png').exists()
  listed = json.loads((tmp_path / 'out/images.json').read_text())
  assert listed['categories'] == [{'id': 1, 'name': 'disc'}]


def test_a_second_prediction_to_a_folder_is_refused(checkpoint, tmp_path):
  small_model.images(tmp_path, [(8, 8)])
  place = file_lock.Place('--output', 'there', 'predicts')
  with file_lock.Lock(str(tmp_path / predict.LOCK), place):
    done = run(
      '--gin_file=smoke',
      *(f'--gin_params={line}' for line in small_model.PARAMS),
      f'--checkpoint={checkpoint}',
      *(f'--images={tmp_path}/*.jpg', f'--output={tmp_path}'),
    )
  assert done.returncode == 1
  line = done.stderr.splitlines()[-1]
  assert line.startswith(f'error: --output={tmp_path}: process ')
  assert not (tmp_path / DETECTIONS_FILE).exists()


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
  draw = products.get('detections').draw
  plain = draw(image, [result], {})
  drawn = draw(image, [result | {'segmentation': segmentation}], {})
  (color,) = drawing.instance_colors([3])
  assert np.array_equal(plain[19, 3], color)
  assert drawn[15, 2].any() and not plain[15, 2].any()
  assert not np.array_equal(draw(image, [result], {3: 'cat'}), plain)
  np.testing.assert_array_equal(draw(image, [], {}), image)


def refused(*arguments):
  """Returns the line of a verb that must refuse before it loads a model."""
  done = run('--gin_file=smoke', '--checkpoint=none', *arguments)
  assert done.returncode == 1 and 'Traceback' not in done.stderr
  return done.stderr.splitlines()[-1]


def test_images_without_an_annotation_are_refused(tmp_path):
  small_model.images(tmp_path, [(8, 8)] * 2)
  line = refused(
    *(f'--images={tmp_path}', f'--output={tmp_path}/out'),
    f'--annotation_file={annotations(tmp_path)}',
  )
  assert line.startswith('error: --annotation_file=') and 'photo1.jpg' in line


def test_a_folder_without_images_is_refused_with_its_flag(tmp_path):
  (tmp_path / 'empty').mkdir()
  line = refused(f'--images={tmp_path}/empty', f'--output={tmp_path}/out')
  assert line.startswith('error: --images: the folder ')
  assert not (tmp_path / 'out').exists()


def test_an_output_that_cannot_be_written_is_refused_first(tmp_path):
  (photo,) = small_model.images(tmp_path, [(8, 8)])
  line = refused(f'--images={tmp_path}', f'--output={photo}/out')
  assert line.startswith(f'error: --output={photo}/out')


def test_detections_up_to_an_error_are_kept(tmp_path, monkeypatch, capsys):
  result = {'image_id': 1, 'category_id': 2, 'bbox': [0, 0, 4, 4], 'score': 0.5}

  def diverged(*_, **__):
    yield prediction.Prediction(1, (8, 8), [result])
    raise ValueError('image 2 has a detection whose score is not finite')

  monkeypatch.setattr(predict.prediction, 'predict', diverged)
  with pytest.raises(ValueError, match='not finite'):
    predict.run_detector(
      types.SimpleNamespace(makes='detections'),
      {1: 'a.jpg', 2: 'b.jpg'},
      str(tmp_path),
      names={},
      batch_size=1,
      min_drawn_score=None,
    )
  assert json.loads((tmp_path / DETECTIONS_FILE).read_text()) == [result]
  assert '1 of 2 images are in' in capsys.readouterr().err


def test_a_picture_on_a_full_disk_is_a_fault_and_no_error(tmp_path):
  (photo,) = small_model.images(tmp_path, [(8, 8)])
  assert predict._draw_file(photo, f'{tmp_path}/a.png', abs) == []
  (fault,) = predict._draw_file(photo, '/dev/full', abs)
  assert fault == '/dev/full: No space left on device'


def test_class_maps_have_the_names_of_the_images_of_pascal_voc(
  tmp_path, monkeypatch
):
  ids = {2008_000002: '2008_000002.jpg', 7: 'cat.jpg'}
  found = np.zeros([2, 3], np.uint8)
  monkeypatch.setattr(
    predict.prediction,
    'predict',
    lambda *_, **__: [prediction.Prediction(i, (2, 3), found) for i in ids],
  )
  predict.run_detector(
    types.SimpleNamespace(makes='class_maps'),
    ids,
    str(tmp_path),
    names={},
    batch_size=1,
    min_drawn_score=None,
  )
  names = {path.name for path in tmp_path.glob('class_maps/*')}
  assert names == {'2008_000002.png', '000007-cat.png'}
