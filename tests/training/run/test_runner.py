"""Around a run: devices, refusals, quiet.

`test_train` has real runs.
"""

import types

import pytest
import tensorflow as tf

from copypaste_tf.training.checkpoints import last_good
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import assembly, run_record, runner
from copypaste_tf.training.run.preemption import Preemption


def test_an_evaluation_needs_a_checkpoint(tmp_path):
  resolved = gin_config.load(['smoke'])
  with pytest.raises(ValueError, match=f'--mode=eval .* {tmp_path} has none'):
    runner.run(resolved, str(tmp_path), 'eval')
  assert not list(tmp_path.iterdir())


@pytest.fixture
def faked(monkeypatch):
  """Replaces the trainer; returns the calls in order."""
  calls = []

  class Fake:
    controller = types.SimpleNamespace(train_actions=())

    def run(self):
      calls.append('run')
      print('many lines of Orbit')

    def finish(self):
      return {'step': 4}

  def build(started, model_dir, folder, mode, show, profile):
    show(f'{mode} on {started.params.runtime.num_gpus} GPUs')
    assert folder == model_dir, 'of the chief'
    fake = Fake()
    return assembly.Run(fake, fake, None, Preemption(fake.run, show))

  def write(*args, overwrite, hardware):
    calls.append(('record', overwrite))
    assert hardware['replicas'] == 1 and hardware['decisions']

  monkeypatch.setattr(assembly, 'build', build)
  monkeypatch.setattr(runner.run_record, 'write', write)
  monkeypatch.setattr(
    runner.run_record, 'write_operative', lambda _: calls.append('operative')
  )
  return calls


@pytest.mark.parametrize('overwrite', [True, False])
def test_the_record_is_written_before_a_training(
  faked, tmp_path, capsys, overwrite
):
  resolved = gin_config.load(params_override='runtime.num_gpus=0')
  results = runner.run(
    resolved, str(tmp_path), 'train', overwrite_record=overwrite
  )
  assert results == {'step': 4}
  assert faked == [('record', overwrite), 'run', 'operative']
  told = capsys.readouterr()
  assert told.out == 'train on 0 GPUs\n'
  line, *notes = told.err.splitlines()
  assert line.startswith('mirrored over 1 CPU, ')
  assert 'note: mirrored without GPUs is a single replica' in notes[0]


def test_a_finished_run_is_not_built_again(faked, tmp_path, capsys):
  tf.train.Checkpoint(x=tf.Variable(0.0)).write(str(tmp_path / 'ckpt-4'))
  last_good.write_list(str(tmp_path), ['ckpt-4'])
  (tmp_path / 'results.json').write_text('{"step": 4, "seconds": 7.0}')
  resolved = gin_config.load(
    params_override='runtime.num_gpus=0,trainer.train_steps=4'
  )
  results = runner.run(resolved, str(tmp_path), 'train_and_eval')
  assert results == {'step': 4, 'seconds': 7.0}
  assert 'finished already at step 4' in capsys.readouterr().err
  assert faked == [('record', False)]


def test_an_evaluator_beside_a_trainer_writes_no_record(
  faked, tmp_path, monkeypatch
):
  beside = []

  def evaluate(started, model_dir, show):
    beside.append(model_dir)
    return {'step': 8}

  monkeypatch.setattr(runner, '_evaluate_continuously', evaluate)
  results = runner.run(gin_config.load(), str(tmp_path), 'continuous_eval')
  assert (results, beside, faked) == ({'step': 8}, [str(tmp_path)], [])


def test_an_evaluator_refuses_the_folder_of_another_config(
  tmp_path, monkeypatch
):
  run_record.write(str(tmp_path), gin_config.load(['smoke']), overwrite=False)
  monkeypatch.setattr(runner, '_evaluate_continuously', None)
  with pytest.raises(ValueError, match=r'anchor_size: 4\.0 -> 8\.0'):
    runner.run(gin_config.load(), str(tmp_path), 'continuous_eval')
