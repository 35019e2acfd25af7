"""The verb on a detections file; the checkpoint's way is in test_train."""

import json
import subprocess
import sys

import pytest

from copypaste_tf import evaluate
from copypaste_tf.evaluation import groundtruth


@pytest.fixture
def perfect(shapes, tmp_path):
  """Detections that repeat the labels of the records, crowds left out."""
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
  return subprocess.run(
    [sys.executable, '-m', 'copypaste_tf.evaluate', *arguments],
    capture_output=True,
    text=True,
    check=False,
  )


def test_perfect_detections_are_perfect(shapes, perfect, tmp_path):
  done = run(
    f'--results={perfect}',
    f'--annotation_file={shapes}/instances_val.json',
    f'--metrics={tmp_path}/metrics.json',
    '--per_category',
  )
  assert done.returncode == 0, done.stderr
  metrics = json.loads((tmp_path / 'metrics.json').read_text())
  assert metrics['box_ap'] > 0.99 and metrics['mask_ap'] > 0.95
  assert done.stdout.splitlines()[0].split() == ['box', 'mask']
  assert 'disc' in done.stdout


def test_records_serve_as_ground_truth(perfect, shapes_params):
  params = [f'--gin_params={line}' for line in shapes_params]
  done = run(f'--results={perfect}', '--gin_file=smoke', *params)
  assert done.returncode == 0, done.stderr
  assert done.stdout.splitlines()[1].split() == ['ap', '1.000', '1.000']


def test_without_anything_to_evaluate_it_says_what_is_missing():
  done = run()
  assert done.returncode == 1 and 'Traceback' not in done.stderr
  assert '--gin_file' in done.stderr and '--model_dir' in done.stderr


def test_the_tables_have_twelve_rows_and_every_category():
  metrics = {
    f'{kind}_{name}': i / 100
    for kind in ('box', 'mask')
    for i, name in enumerate(evaluate.STATISTICS)
  }
  lines = evaluate.format_metrics(metrics).splitlines()
  assert len(lines) == 13
  assert lines[2].split() == ['ap50', '0.010', '0.010']
  boxes = {k: v for k, v in metrics.items() if k.startswith('box')}
  assert evaluate.format_metrics(boxes).splitlines()[1].split() == [
    'ap',
    '0.000',
  ]
  table = evaluate.format_categories({'box_ap/cat': 0.5, 'mask_ap/cat': 0.25})
  assert table.splitlines()[1].split() == ['cat', '0.500', '0.250']
