"""Evaluation beside a training: each checkpoint once, to the last one."""

import json
import subprocess
import sys
import types

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
import tiny_run

from copypaste_tf.training.run import continuous


@pytest.fixture
def trainer():
  model = tf_keras.Sequential([tf_keras.layers.Dense(2)])
  model.build([None, 3])
  step = tf.Variable(0, dtype=tf.int64)
  return types.SimpleNamespace(model=model, global_step=step)


@pytest.fixture
def save(trainer, tmp_path):
  """Saves as a trainer does, which keeps two."""
  items = tf.train.Checkpoint(
    model=trainer.model, global_step=trainer.global_step
  )
  manager = tf.train.CheckpointManager(items, str(tmp_path), max_to_keep=2)

  def save_step(step):
    trainer.global_step.assign(step)
    return manager.save(checkpoint_number=step)

  return save_step


def watch(tmp_path, monkeypatch, sleep, *, done=(), timeout=5.0):
  """Returns the evaluated steps; `sleep` runs while the evaluator waits."""
  clock = types.SimpleNamespace(now=0.0)

  def slept(seconds):
    clock.now += seconds
    sleep()

  clock.monotonic, clock.sleep = lambda: clock.now, slept
  monkeypatch.setattr(continuous, 'time', clock)
  lines, found = [], []
  paths = continuous.new_checkpoints(
    str(tmp_path), done=done, last_step=30, timeout=timeout, show=lines.append
  )
  for path in paths:
    found.append(path.rsplit('/')[-1])
  return found, lines


def test_each_checkpoint_comes_once_and_in_order(tmp_path, monkeypatch, save):
  coming = iter([0, 10, None, 20, 25, 30])

  def sleep():
    step = next(coming)
    if step is not None:
      save(step)
    if step == 25:  # Both exist at the next look.
      save(next(coming))

  found, lines = watch(tmp_path, monkeypatch, sleep)
  assert found == ['ckpt-10', 'ckpt-20', 'ckpt-25', 'ckpt-30']
  assert [line.split('  ')[0] for line in lines] == [
    'step 0/30',
    'step 10/30',
    'step 20/30',
  ]
  assert lines[0].endswith('waiting for the next checkpoint, for at most 5s')


def test_evaluated_checkpoints_are_not_repeated(tmp_path, monkeypatch, save):
  save(20)
  save(30)
  assert watch(tmp_path, monkeypatch, None, done={10, 20})[0] == ['ckpt-30']
  assert watch(tmp_path, monkeypatch, None, done={20, 30})[0] == []


def test_waiting_ends_after_the_timeout(tmp_path, monkeypatch, save):
  save(10)
  with pytest.raises(
    ValueError, match=r'after step 10 of 30 for 5s; .*timeout'
  ):
    watch(tmp_path, monkeypatch, lambda: None)


def test_weights_and_step_are_restored(trainer, save):
  trainer.model.layers[0].bias.assign([1.0, 2.0])
  path = save(10)
  trainer.model.layers[0].bias.assign([0.0, 0.0])
  trainer.global_step.assign(0)
  assert continuous._restore(trainer, path) is None
  assert int(trainer.global_step) == 10
  np.testing.assert_array_equal(trainer.model.layers[0].bias, [1, 2])


def test_pruned_and_damaged_checkpoints_are_reported_and_kept(
  trainer, save, tmp_path
):
  path = save(10)
  for step in (20, 30):
    last = save(step)
  assert continuous._restore(trainer, path) == 'was deleted meanwhile'
  data = tmp_path / 'ckpt-30.data-00000-of-00001'
  data.write_bytes(data.read_bytes()[:9])
  assert 'cannot be read' in continuous._restore(trainer, last)
  assert data.exists()


def test_checkpoints_of_another_model_are_an_error(trainer, save):
  path = save(10)
  trainer.model = tf_keras.Sequential([tf_keras.layers.Dense(5)])
  trainer.model.build([None, 3])
  with pytest.raises(ValueError, match='does not fit the model'):
    continuous._restore(trainer, path)


def _verb(name, *arguments):
  return subprocess.Popen(
    [sys.executable, '-m', f'copypaste_tf.{name}', *arguments],
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
  )


@pytest.mark.thorough
def test_an_evaluator_runs_beside_a_trainer(shapes_params, tmp_path):
  folder = tmp_path / 'model'
  params = [*shapes_params, *tiny_run.SMALL, 'schedule.train_steps = 6']
  command = ['--gin_file=smoke', f'--model_dir={folder}']
  command += [f'--gin_params={line}' for line in params]
  evaluator = _verb('train', *command, '--mode=continuous_eval')
  trainer = _verb('train', *command, '--mode=train')
  _, errors = trainer.communicate()
  assert trainer.returncode == 0, errors
  lines, errors = evaluator.communicate()
  assert evaluator.returncode == 0, errors
  assert 'waiting for the next checkpoint, for at most 1h00m' in lines
  assert lines.splitlines()[-1].startswith('done at step 6 ')

  def steps(name):
    rows = (folder / name).read_text().splitlines()
    return [json.loads(row)['step'] for row in rows]

  assert steps('history.jsonl') == steps('eval_history.jsonl') == [2, 4, 6]
  results = json.loads((folder / 'results.json').read_text())
  assert results['train'] and not results['eval']
  evaluated = json.loads((folder / 'eval_results.json').read_text())
  assert evaluated['best'] == json.loads(
    (folder / 'best/best.json').read_text()
  )
  assert list((folder / 'validation').glob('events*'))

  metrics = tmp_path / 'metrics.json'
  again = _verb(
    'evaluate',
    f'--model_dir={folder}',
    f'--checkpoint={folder}/best',
    f'--metrics={metrics}',
    f'--output={tmp_path}/detections.json',
  )
  _, errors = again.communicate()
  assert again.returncode == 0, errors
  assert f'evaluating {folder}/best/{evaluated["best"]["checkpoint"]}' in errors
  found = json.loads(metrics.read_text())
  for name in ('box_ap', 'mask_ap'):
    assert found[name] == pytest.approx(evaluated['best'][name], abs=1e-6)
