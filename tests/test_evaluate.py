"""Evaluates a file of detections; `test_train.py` evaluates a checkpoint."""

import json

import pytest
import verbs

from copypaste_tf.evaluation import groundtruth


@pytest.fixture
def perfect(shapes, tmp_path):
  """Returns detections equal to the labels of the records, without crowds."""
  paths = sorted(map(str, shapes.glob('val-*.tfrecord')))
  truth = groundtruth.from_records(paths)
  results = [
    {
      'image_id': label['image_id'],
      'category_id': label['category_id'],
      'bbox': label['bbox'],
      'segmentation': label['segmentation'],
      'score': 0.9,
    }
    for label in truth['annotations']
    if not label['iscrowd']
  ]
  path = tmp_path / 'detections.json'
  path.write_text(json.dumps(results))
  return path


def run(*arguments):
  return verbs.run('copypaste_tf.evaluate', *arguments)


def test_perfect_detections_have_perfect_metrics(shapes, perfect, tmp_path):
  done = run(
    f'--results={perfect}',
    f'--annotation_file={shapes}/instances_val.json',
    f'--metrics={tmp_path}/metrics.json',
    f'--categories_csv={tmp_path}/categories.csv',
    '--per_category',
  )
  assert done.returncode == 0, done.stderr
  metrics = json.loads((tmp_path / 'metrics.json').read_text())
  assert metrics['box_ap'] > 0.99 and metrics['mask_ap'] > 0.95
  assert done.stdout.splitlines()[0].split() == ['box', 'mask']
  assert 'disc' in done.stdout
  rows = (tmp_path / 'categories.csv').read_text().splitlines()
  assert rows[0] == 'category,box_ap,mask_ap' and len(rows) > 4


def test_records_serve_as_ground_truth(perfect, shapes_params):
  params = [f'--gin_params={line}' for line in shapes_params]
  done = run(f'--results={perfect}', '--gin_file=smoke', *params)
  assert done.returncode == 0, done.stderr
  assert done.stdout.splitlines()[1].split() == ['ap', '1.000', '1.000']


def test_without_a_model_or_results_the_missing_flag_is_named():
  done = run()
  assert done.returncode == 1 and 'Traceback' not in done.stderr
  assert '--gin_file' in done.stderr and '--model_dir' in done.stderr


def test_detections_of_unknown_categories_are_counted(shapes, perfect):
  results = json.loads(perfect.read_text())
  for result in results[:3]:
    result['category_id'] = 99
  perfect.write_text(json.dumps(results))
  done = run(
    f'--results={perfect}', f'--annotation_file={shapes}/instances_val.json'
  )
  assert done.returncode == 0, done.stderr
  assert f'3 of {len(results)} detections are ignored' in done.stderr
  assert '[99]' in done.stderr
