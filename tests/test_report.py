import json

import numpy as np
import pytest
import run_folder
import verbs
from outline import Outline

from copypaste_tf import drawing
from copypaste_tf.verbs import report


@pytest.fixture
def call(tmp_path):
  """Reports on `tmp_path / 'model'`; returns the page and the numbers."""

  def run(**values):
    folder = tmp_path / 'out/demo'
    values = {'images': 12, 'min_score': 0.5, **values}
    options = report.Options(str(tmp_path / 'model'), str(folder), **values)
    paths = report.write(options)
    assert paths == [str(folder / 'metrics.json'), str(folder / 'report.html')]
    numbers = json.loads((folder / 'metrics.json').read_text())
    return (folder / 'report.html').read_text(), numbers

  return run


def verb(*arguments):
  return verbs.run_here('copypaste_tf.report', *arguments)


def test_report_of_perfect_detections_has_an_ap_of_100(tmp_path, call, capsys):
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
  assert capsys.readouterr().err == ''


def test_names_from_files_are_escaped(tmp_path, call):
  model_dir = run_folder.make(tmp_path)
  path = model_dir / 'versions.json'
  versions = json.loads(path.read_text())
  hostile = '<b onload="javascript:x()">\'&amp;'
  versions |= {'git_commit': hostile, 'command': ['train', hostile]}
  path.write_text(json.dumps(versions))
  outline = Outline(call(images=1)[0])
  assert hostile in outline.words
  assert f'train {hostile}' in outline.words
  assert not any('onload' in attrs for _, attrs in outline.tags)


def test_wrong_detections_lower_the_numbers(tmp_path, call):
  model_dir = run_folder.make(tmp_path)
  path = model_dir / 'detections.json'
  detections = json.loads(path.read_text())
  path.write_text(json.dumps(detections[: len(detections) // 2]))
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


def test_flags_limit_the_images_and_the_scores(tmp_path, call):
  run_folder.make(tmp_path)
  text, _ = call(images=1, min_score=0.95)
  assert 'of at least 0.95' in text
  words = Outline(text).words
  assert [w for w in words if 'detections' in w and '.png' in w] == [
    '0.png: 4 objects, 0 detections: 0 hits, 4 missed, 0 false alarms'
  ]


def test_missing_held_out_records_are_named(tmp_path, call):
  run_folder.make(tmp_path)
  record = next(tmp_path.glob('*.tfrecord'))
  record.unlink()
  with pytest.raises(FileNotFoundError, match=r'params\.yaml.*val-00000'):
    call()


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


def test_the_command_writes_the_report(tmp_path):
  model_dir, output = run_folder.make(tmp_path), tmp_path / 'out'
  folders = [f'--model_dir={model_dir}', f'--output_dir={output}']
  done = verb(*folders, '--images=1', '--min_score=0.75', '--seconds=9.5')
  assert done.returncode == 0, done.stderr
  paths = [output / 'metrics.json', output / 'report.html']
  assert done.stdout.split() == [str(path) for path in paths]
  numbers = json.loads(paths[0].read_text())
  assert numbers['mask_ap'] == 1.0
  assert numbers['seconds'] == 9.5
  text = paths[1].read_text()
  assert text.count('alt="Predictions of') == 1
  assert 'at least 0.75' in text


def test_errors_of_the_command_are_one_line(tmp_path):
  done = verb(f'--model_dir={tmp_path}', f'--output_dir={tmp_path}/out')
  assert done.returncode == 1
  (line,) = (x for x in done.stderr.splitlines() if x.startswith('error: '))
  assert 'holds no run' in line
  assert 'Traceback' not in done.stderr
  assert not (tmp_path / 'out').exists()


def test_an_output_that_cannot_be_written_is_refused_first(tmp_path, call):
  run_folder.make(tmp_path)
  (tmp_path / 'out').write_text('a file in the place of the folder')
  with pytest.raises(ValueError, match='--output_dir=.*out/demo'):
    call()


def test_both_folders_are_required(tmp_path):
  done = verb(f'--model_dir={tmp_path}')
  assert done.returncode != 0
  assert 'required' in done.stdout + done.stderr
