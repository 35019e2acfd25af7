"""Around a run: devices, refusals, quiet.

`test_train` has real runs.
"""

import types

import pytest

from copypaste_tf.training import gin_config, runner


def test_an_evaluation_needs_a_checkpoint(tmp_path):
  resolved = gin_config.load(['smoke'])
  with pytest.raises(ValueError, match=f'--mode=eval .* {tmp_path} has none'):
    runner.run(resolved, str(tmp_path), 'eval')
  assert not list(tmp_path.iterdir())


@pytest.fixture
def faked(monkeypatch):
  """Replaces the trainer; returns what is called, in order."""
  calls = []

  class Fake:
    controller = types.SimpleNamespace(train_actions=())

    def run(self):
      calls.append('run')
      print('many lines of Orbit')

    def finish(self):
      return {'step': 4}

  def build(started, model_dir, folder, mode, show):
    show(f'{mode} on {started.params.runtime.num_gpus} GPUs')
    assert folder == model_dir, 'of the chief'
    return Fake(), Fake()

  def write(*args, overwrite, hardware):
    calls.append(('record', overwrite))
    assert hardware['replicas'] == 1 and hardware['decisions']

  monkeypatch.setattr(runner, '_build', build)
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


def test_an_evaluator_beside_a_trainer_writes_no_record(faked, tmp_path):
  runner.run(gin_config.load(), str(tmp_path), 'continuous_eval')
  assert faked == ['run']
