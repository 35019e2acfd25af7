"""The demo's commands: each module exists and takes each of its flags."""

import subprocess

import pytest
from absl import flags
from loaded_module import load


@pytest.fixture(scope='module')
def demo():
  return load('experiments.demo')


@pytest.fixture
def commands(demo):
  return demo[0]['steps']('out', 'data', 'smoke', ['TrainData.seed = 1'])


def test_each_command_parses(commands):
  for module, *arguments in commands.values():
    _, values = load(module)
    assert values(['verb', *arguments]) == ['verb']
    report = module == 'copypaste_tf.report'
    assert not report or values(['verb', '--seconds=12']) == ['verb']
    with pytest.raises(flags.Error):
      values(['verb', *arguments, '--no_such_flag=1'])


def test_each_step_reads_only_outputs_of_earlier_steps(commands):
  titles = [title.split()[0] for title in commands]
  assert titles == [
    *('Generate', 'Convert', 'Convert', 'Check'),
    *('Draw', 'Train', 'Evaluate', 'Write'),
  ]
  generate, train, val, check, draw, fit, evaluate, report = commands.values()
  assert '--output_dir=data' in generate
  for split, convert in (('train', train), ('val', val)):
    assert f'--annotations=data/instances_{split}.json' in convert
    assert f'--output_prefix=data/{split}' in convert
    records = f"{split.upper()}_RECORDS='data/{split}-*.tfrecord'"
    records = records.replace('VAL', 'EVAL')
    for reader in (check, draw, fit):
      assert f'--gin_params={records}' in reader
  for step in (fit, evaluate, report):
    assert '--model_dir=out/model' in step
  assert '--output=out/sheet.html' in draw
  assert '--sheet=out/sheet.html' in report


def test_further_bindings_reach_every_reader_of_the_recipe(commands):
  readers = [c for c in commands.values() if '--gin_file=smoke' in c]
  assert len(readers) == 3
  for command in readers:
    assert command.count('--gin_params=TrainData.seed = 1') == 1


def test_the_first_failure_ends_the_demo(demo, monkeypatch, tmp_path, capsys):
  names, values = demo
  values(['demo', f'--output_dir={tmp_path}'])
  ran = []

  def call(command):
    ran.append(command[2])
    return 3 * (len(ran) == 2)

  monkeypatch.setattr(subprocess, 'call', call)
  with pytest.raises(SystemExit) as caught:
    names['main']()
  assert (caught.value.code, len(ran)) == (3, 2)
  assert '[2/8] Convert the train split' in capsys.readouterr().out


def test_a_whole_run_ends_with_the_report(demo, monkeypatch, tmp_path, capsys):
  names, values = demo
  values(['demo', f'--output_dir={tmp_path}'])
  ran = []
  monkeypatch.setattr(
    subprocess, 'call', lambda command: ran.append(command) or 0
  )
  names['main']()
  assert len(ran) == 8 and ran[-1][-1].startswith('--seconds=')
  assert capsys.readouterr().out.endswith('report.html\n')
