import json

import compared_folders
import pytest
import run_folder
import verbs
from outline import Outline

from copypaste_tf import compared_report


def verb(first, others, output, *arguments):
  return verbs.run_here(
    'copypaste_tf.report',
    f'--model_dir={first}',
    f'--compare={",".join(map(str, others))}',
    f'--output_dir={output}',
    *arguments,
  )


@pytest.fixture
def folders(tmp_path):
  return compared_folders.make(
    tmp_path, ['none', 'pasted'], ['TrainData.seed = 7']
  )


def halve_detections(model_dir):
  path = model_dir / 'detections.json'
  detections = json.loads(path.read_text())
  path.write_text(json.dumps(detections[: len(detections) // 2]))


def test_the_command_compares_runs(tmp_path, folders):
  halve_detections(folders[0])
  done = verb(folders[0], folders[1:], tmp_path / 'out')
  assert done.returncode == 0, done.stderr
  made = {str(path) for path in (tmp_path / 'out').iterdir()}
  assert {*done.stdout.split()} == made
  numbers = json.loads((tmp_path / 'out/comparison.json').read_text())
  assert numbers['runs']['pasted']['metrics']['mask_ap'] == 1.0
  gain = 1 - numbers['runs']['none']['metrics']['mask_ap']
  assert 0.2 < gain < 1
  assert numbers['differences']['pasted']['mask_ap'] == gain
  assert numbers['settings']['task.train_data.seed'] == [0, 7]
  assert numbers['remarks'] == []
  outline = Outline((tmp_path / 'out/comparison.html').read_text())
  assert f'+{100 * gain:.1f}' in outline.words
  assert 'pasted against none.' in outline.words
  anchors = [attrs['id'] for attrs in outline.all('section')]
  assert anchors == ['metrics', 'categories', 'training', 'settings']


def test_a_run_without_evaluation_and_events_says_so(tmp_path, capsys):
  evaluated, other = compared_folders.make(tmp_path, ['evaluated', 'other'])
  bare = tmp_path / 'bare'
  run_folder.write_record(
    bare, f'{tmp_path}/none.tfrecord', compared_folders.STEPS
  )
  folders = [str(evaluated), str(other), str(bare)]
  compared_report.write(folders, str(tmp_path / 'out'))
  text = (tmp_path / 'out/comparison.html').read_text()
  assert f'evaluate --model_dir={bare}' in text
  assert 'The held-out records of bare are gone' in text
  assert 'bare is at step 0 of 20.' in text
  printed = capsys.readouterr().err
  assert 'no evaluation of bare yet. python -m copypaste_tf.evaluate' in printed
  assert 'no event files of a training in' in printed


@pytest.mark.parametrize(
  ('others', 'arguments', 'message'),
  [
    (['none'], [], 'is named twice by --model_dir and --compare'),
    (['nothing'], [], 'nothing holds no run'),
    (['pasted'], ['--images=3'], '--images belongs to the report of one run'),
  ],
)
def test_errors_are_one_line(tmp_path, folders, others, arguments, message):
  others = [tmp_path / name for name in others]
  done = verb(folders[0], others, tmp_path / 'out', *arguments)
  assert done.returncode == 1
  (line,) = (x for x in done.stderr.splitlines() if x.startswith('error: '))
  assert message in line
  assert 'Traceback' not in done.stderr
