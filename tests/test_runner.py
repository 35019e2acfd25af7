"""Around a run: devices, refusals, quiet.

`test_train` has real runs.
"""

import types

import pytest
import tensorflow as tf

from copypaste_tf.training import gin_config, run_record, runner


def params_of(**runtime):
  return gin_config.load().params.replace(runtime=runtime)


@pytest.mark.parametrize(
  ('strategy', 'num_gpus', 'found', 'expected'),
  [
    ('mirrored', -1, 0, 0),
    ('mirrored', -1, 3, 3),
    ('one_device', -1, 3, 1),
    ('off', -1, 0, 0),
    ('mirrored', 2, 3, 2),
    ('one_device', 0, 3, 0),
  ],
)
def test_minus_one_is_every_gpu(
  monkeypatch, strategy, num_gpus, found, expected
):
  params = params_of(distribution_strategy=strategy, num_gpus=num_gpus)
  monkeypatch.setattr(
    tf.config, 'list_physical_devices', lambda kind: [kind] * found
  )
  devices = runner.with_devices(params)
  assert devices.runtime.num_gpus == expected
  assert devices.runtime.distribution_strategy == strategy
  assert params.runtime.num_gpus == num_gpus


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

  def build(params, model_dir, mode, show, profile):
    show(f'{mode} on {params.runtime.num_gpus} GPUs')
    return Fake(), Fake(), None

  def write(*args, overwrite):
    calls.append(('record', overwrite))

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
  assert capsys.readouterr().out == 'train on 0 GPUs\n'


def test_an_evaluator_beside_a_trainer_writes_no_record(
  faked, tmp_path, monkeypatch
):
  beside = []

  def evaluate(params, model_dir, show):
    beside.append(model_dir)
    return {'step': 8}

  monkeypatch.setattr(runner, '_evaluate_beside', evaluate)
  results = runner.run(gin_config.load(), str(tmp_path), 'continuous_eval')
  assert (results, beside, faked) == ({'step': 8}, [str(tmp_path)], [])


def test_an_evaluator_refuses_the_folder_of_another_config(
  tmp_path, monkeypatch
):
  run_record.write(str(tmp_path), gin_config.load(['smoke']), overwrite=False)
  monkeypatch.setattr(runner, '_evaluate_beside', None)
  with pytest.raises(ValueError, match=r'anchor_size: 4\.0 -> 8\.0'):
    runner.run(gin_config.load(), str(tmp_path), 'continuous_eval')
