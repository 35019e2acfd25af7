"""Divergence of loops of steps, and the suspect examples."""

import numpy as np
import pytest

from copypaste_tf.training.loop.divergence import DivergenceDetector, advice


def losses(*steps, replicas=1):
  return np.tile(np.float32(steps)[:, np.newaxis], [1, replicas])


def test_a_normal_run_is_never_at_fault():
  judge = DivergenceDetector(10.0)
  falling = 5.0 * 0.9 ** np.arange(200) + 0.4
  noise = np.random.default_rng(0).lognormal(0.0, 0.5, [200, 10])
  for mean, factors in zip(falling, noise, strict=True):
    assert judge.fault(losses(*(mean * factors)), finite=True) is None


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
def test_a_loss_that_is_not_finite_names_its_step_and_replica(value):
  found = losses(1.0, 2.0, 3.0, 4.0, replicas=4)
  found[2, 1] = found[3, :] = value
  fault = DivergenceDetector(10.0).fault(found, finite=False)
  assert (fault.step, fault.suspects, fault.replicas) == (2, [2], [1])
  assert f'the loss is {value}' in fault.reason


def test_where_all_replicas_fail_the_step_before_is_a_suspect_too():
  found = losses(1.0, 2.0, np.nan, np.nan, replicas=2)
  fault = DivergenceDetector(10.0).fault(found, finite=False)
  assert (fault.step, fault.suspects, fault.replicas) == (2, [1, 2], [0, 1])
  fault = DivergenceDetector(10.0).fault(losses(np.nan, np.nan), finite=False)
  assert (fault.step, fault.suspects) == (0, [0])


def test_weights_that_are_not_finite_are_a_fault_of_the_last_steps():
  fault = DivergenceDetector(10.0).fault(losses(1.0, 2.0, 3.0), finite=False)
  assert (fault.step, fault.suspects) == (2, [1, 2])
  assert 'weights' in fault.reason


def test_an_explosion_is_measured_by_the_loops_before():
  judge = DivergenceDetector(10.0)
  for loss in (3.0, 1.0, 2.0, 1.0):
    assert judge.fault(losses(loss, loss), finite=True) is None
  # Four loops are too few to know what is usual.
  assert judge.fault(losses(90.0, 90.0), finite=True) is None
  fault = judge.fault(losses(4.0, 50.0, 30.0), finite=True)
  assert (fault.step, fault.suspects) == (1, [0, 1])
  assert 'explosion_factor = 10 times the usual 2' in fault.reason
  # The fault does not become part of the usual losses.
  assert judge.fault(losses(50.0), finite=True) is not None
  assert judge.fault(losses(19.0), finite=True) is None


def test_without_a_factor_only_what_is_not_finite_counts():
  judge = DivergenceDetector(0.0)
  for loss in (1.0,) * 10 + (1e9,):
    assert judge.fault(losses(loss), finite=True) is None
  assert judge.fault(losses(np.nan), finite=True) is not None


def test_the_advice_names_images_suspected_every_time():
  text = advice([7, 9], 'data/train*')
  assert '--source_id=7,9' in text and "--input='data/train*'" in text
  assert 'inspect' not in advice([], 'data/train*')
  assert 'schedule.learning_rate' in advice([], 'data/train*')
