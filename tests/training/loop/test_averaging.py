"""Moving averages of the weights: kept, evaluated, and in every checkpoint."""

import json
import signal

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
import tiny_run

from copypaste_tf.training.checkpoints.restore import restore
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.loop import averaging
from copypaste_tf.training.run import runner

DECAY = 0.6


def model():
  network = tf_keras.Sequential([tf_keras.layers.Dense(1)])
  network.build([None, 3])
  return network


def test_a_swap_is_exact():
  strategy = tf.distribute.OneDeviceStrategy('/cpu:0')
  with strategy.scope():
    network = model()
    sgd = tf_keras.optimizers.legacy.SGD(0.1)
    optimizer = averaging.Averaged(sgd, average_decay=DECAY)
    optimizer.shadow_copy(network)
  # Sums of such values would lose the small ones.
  network.set_weights([np.full([3, 1], 1e-9), np.full([1], 3e7)])
  before = network.get_weights()
  with strategy.scope():
    for average in optimizer._average_weights:
      average.assign(tf.fill(average.shape, 7.7e4))
    optimizer.swap_weights()
    for value in network.get_weights():
      np.testing.assert_array_equal(value, np.full_like(value, 7.7e4))
    optimizer.swap_weights()
  for value, expected in zip(network.get_weights(), before, strict=True):
    np.testing.assert_array_equal(value, expected)


def params_of(shapes_params):
  return [*shapes_params, f'schedule.ema_decay = {DECAY}']


def test_averages_follow_the_weights_and_are_restored(tmp_path):
  strategy = tf.distribute.OneDeviceStrategy('/cpu:0')
  with strategy.scope():
    network = model()
    sgd = tf_keras.optimizers.legacy.SGD(0.1, momentum=0.9)
    optimizer = averaging.Averaged(sgd, average_decay=DECAY)
    optimizer.shadow_copy(network)
    optimizer._create_all_weights(network.trainable_variables)

  @tf.function
  def run(factor):
    weights = network.trainable_variables
    gradients = [factor * (weight + 1.0) for weight in weights]
    strategy.run(
      optimizer.apply_gradients,
      args=(list(zip(gradients, weights, strict=True)),),
    )

  expected = [np.zeros_like(w) for w in network.get_weights()]
  for step in range(1, 20):
    run(tf.constant(float(step % 3)))
    decay = min(DECAY, (1 + step) / (10 + step))
    expected = [
      decay * average + (1 - decay) * weight
      for average, weight in zip(expected, network.get_weights(), strict=True)
    ]
  # As Orbit writes it.
  items = tf.train.Checkpoint(model=network, optimizer=optimizer)
  path = items.save(str(tmp_path / 'ckpt'))
  other = model()
  restore(other, path)
  for value, average, weight in zip(
    other.get_weights(), expected, network.get_weights(), strict=True
  ):
    np.testing.assert_allclose(value, average, rtol=1e-5, atol=1e-6)
    assert np.abs(value - weight).max() > 1e-3


@pytest.mark.thorough
@pytest.mark.slow
def test_a_checkpoint_has_weights_and_averages(shapes_params, tmp_path):
  tiny_run.run(
    tmp_path,
    [
      *params_of(shapes_params),
      'experiment.checkpoint_every = 1',
      'experiment.checkpoints_to_keep = 20',
    ],
  )
  averages = None
  for step in range(1, tiny_run.STEPS + 1):
    path = f'{tmp_path}/model/ckpt-{step}'
    raw = raw_weights(path)
    averages = averages or [np.zeros_like(w) for w in raw]
    decay = min(DECAY, (1 + step) / (10 + step))
    averages = [
      decay * a + (1 - decay) * w for a, w in zip(averages, raw, strict=True)
    ]
    network = model()
    restore(network, path)
    for value, expected in zip(network.get_weights(), averages, strict=True):
      np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-7)
  assert np.abs(raw[0] - averages[0]).max() > 1e-5


def raw_weights(path):
  network = model()
  tf.train.Checkpoint(model=network).restore(path).expect_partial()
  return network.get_weights()


@pytest.mark.thorough
@pytest.mark.slow
def test_a_resumed_run_has_the_same_averages(shapes_params, tmp_path):
  whole, parts = tmp_path / 'whole', tmp_path / 'parts'
  whole.mkdir()
  parts.mkdir()
  params = params_of(shapes_params)
  tiny_run.run(whole, params)
  killed = tiny_run.run_apart(parts, 5, 'one_device', params)
  assert killed.returncode == -signal.SIGKILL, killed.stderr
  tiny_run.run(parts, params)
  assert any('average' in name for name in tiny_run.weights(whole))
  tiny_run.assert_same_weights(whole, parts)


@pytest.mark.thorough
@pytest.mark.slow
def test_averages_are_evaluated(shapes_params, tmp_path):
  resolved = gin_config.load(
    ['smoke'],
    [
      *params_of(shapes_params),
      *('IMAGE_SIZE = (64, 64)', 'BATCH_SIZE = 2'),
      *('TaskConfig.panels_every = 0', 'EvalData.global_batch_size = 6'),
      *('schedule.train_steps = 2', 'schedule.learning_rate = 0.05'),
    ],
  )
  runner.run(resolved, str(tmp_path), 'train_and_eval')
  during = (tmp_path / 'detections.json').read_text()
  checkpoint = tf.train.latest_checkpoint(str(tmp_path))
  runner.evaluate(resolved.params, str(tmp_path), checkpoint)
  assert (tmp_path / 'detections.json').read_text() == during
  runner.run(resolved, str(tmp_path), 'eval')
  assert (tmp_path / 'detections.json').read_text() == during
  assert len(json.loads(during)) > 0
  assert not (tmp_path / 'ema_checkpoints').exists()
