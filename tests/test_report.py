import json
import pathlib

import numpy as np
import pytest
import run_folder
from absl import flags
from absl.testing import flagsaver
from test_page import Outline

from copypaste_tf import drawing, report
from copypaste_tf.evaluation import groundtruth
from copypaste_tf.reporting import run_files


@pytest.fixture
def call(tmp_path):
  """Runs the verb on `tmp_path / 'model'`; returns page and numbers."""

  def run(**values):
    if not flags.FLAGS.is_parsed():
      flags.FLAGS.mark_as_parsed()
    values = {
      'model_dir': str(tmp_path / 'model'),
      'output_dir': str(tmp_path / 'out/demo'),
    } | values
    with flagsaver.flagsaver(**values):
      report.main(['report'])
    folder = pathlib.Path(values['output_dir'])
    numbers = json.loads((folder / 'metrics.json').read_text())
    return (folder / 'report.html').read_text(), numbers

  return run


def test_report_of_perfect_detections(tmp_path, call, capsys):
  run_folder.make(tmp_path)
  text, numbers = call(seconds=321.0)
  assert numbers['box_ap'] == numbers['mask_ap'] == 1.0
  assert numbers['seconds'] == 321.0
  assert numbers['train_steps'] == 20
  outline = Outline(text)
  for word in ('100.0', '5m21s', 'disc', 'Step 10', 'Batch size'):
    assert word in outline.words
  anchors = [attrs['id'] for attrs in outline.all('section')]
  assert anchors == ['precision', 'training', 'batches', 'predictions', 'run']
  # Two figures of curves, three panels, three images drawn twice.
  images = outline.all('img')
  assert len(images) == 2 + 3 + 2 * 3
  assert all(attrs['src'].startswith('data:') for attrs in images)
  assert all(attrs['alt'] for attrs in images)
  captured = capsys.readouterr()
  assert captured.err == ''
  assert captured.out.split() == [
    str(tmp_path / 'out/demo' / name)
    for name in ('metrics.json', 'report.html')
  ]


def test_report_of_wrong_detections_has_the_lower_number(tmp_path, call):
  model_dir = run_folder.make(tmp_path)
  path = model_dir / 'detections.json'
  found = json.loads(path.read_text())
  path.write_text(json.dumps(found[: len(found) // 2]))
  _, numbers = call()
  assert 0 < numbers['mask_ap'] < 0.8
  path.write_text('[]')
  text, numbers = call()
  assert numbers['mask_ap'] == numbers['box_ap'] == 0
  assert 'not yet' not in text


def test_report_before_the_evaluation_says_how_to_evaluate(
  tmp_path, call, capsys
):
  (run_folder.make(tmp_path) / 'detections.json').unlink()
  text, numbers = call()
  assert 'mask_ap' not in numbers
  assert numbers['seconds'] == 75.0
  command = 'python -m copypaste_tf.evaluate --model_dir='
  assert command in capsys.readouterr().err
  assert text.count(command) == 2


def test_report_before_the_first_step_says_how_to_train(tmp_path, call, capsys):
  run_folder.write_record(
    tmp_path / 'model', run_folder.write_records(tmp_path)
  )
  text, numbers = call()
  assert numbers['train_steps'] == 0
  assert 'python -m copypaste_tf.train --config_file=' in text
  assert 'no event files' in capsys.readouterr().err


def test_number_of_images_and_least_score(tmp_path, call):
  run_folder.make(tmp_path)
  text, _ = call(images=1, min_score=0.95)
  assert 'of at least 0.95' in text
  words = Outline(text).words
  assert [w for w in words if 'detections' in w and '.png' in w] == [
    '0.png: 4 objects, 0 detections'
  ]


def test_missing_held_out_records_are_named(tmp_path, call):
  run_folder.make(tmp_path)
  record = next(tmp_path.glob('*.tfrecord'))
  record.unlink()
  with pytest.raises(FileNotFoundError, match=r'params\.yaml.*val-00000'):
    call()


def test_counts_leave_crowds_out(tmp_path):
  path = run_folder.write_records(tmp_path)
  counts = report.object_counts(groundtruth.from_records([path]))
  assert sum(counts.values()) == 3 * 4 - 1
  assert set(counts) <= set(run_folder.NAMES.values())
  assert report.object_counts(None) == {}


def test_box_models_get_no_mask_ap(tmp_path):
  run = run_files.read(str(run_folder.make(tmp_path)))
  params = run.params.replace(task={'model': {'include_mask': False}})
  boxes = run._replace(params=params)
  numbers = report.average_precision(boxes, report.groundtruth_of(run))
  assert numbers['box_ap'] == 1.0
  assert not [name for name in numbers if name.startswith('mask')]


def test_sheets_become_part_of_the_page(tmp_path, call):
  run_folder.make(tmp_path)
  sheet = tmp_path / 'sheet.html'
  sheet.write_text('<p class="a">alpha & target</p>')
  text, _ = call(sheet=str(sheet))
  (frame,) = Outline(text).all('iframe')
  assert frame['srcdoc'] == sheet.read_text()
  picture = tmp_path / 'sheet.png'
  picture.write_bytes(drawing.png_bytes(np.zeros([2, 2, 3], np.uint8)))
  text, _ = call(sheet=str(picture))
  sources = [attrs['src'] for attrs in Outline(text).all('img')]
  assert sum(s.startswith('data:image/png;base64,') for s in sources) == 1
  with pytest.raises(ValueError, match=r'--sheet must be .*sheet\.pdf'):
    call(sheet='sheet.pdf')


def test_both_folders_are_required(call):
  for name in ('model_dir', 'output_dir'):
    with pytest.raises(Exception, match='required'):
      call(**{name: ''})
