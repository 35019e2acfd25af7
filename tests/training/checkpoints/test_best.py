"""The best checkpoint stays, whenever the run is killed."""

import json

import pytest
import tensorflow as tf

from copypaste_tf.training.checkpoints import best as best_lib
from copypaste_tf.training.checkpoints.best import Best


@pytest.fixture
def variable():
  return tf.Variable([0.0])


@pytest.fixture
def best(variable, tmp_path):
  def make(metric='mask_ap'):
    checkpoint = tf.train.Checkpoint(variable=variable)
    return Best(checkpoint, str(tmp_path / 'best'), metric)

  return make


def saved(tmp_path):
  """Returns the value in the checkpoint that TensorFlow finds."""
  reader = tf.train.load_checkpoint(str(tmp_path / 'best'))
  return float(reader.get_tensor('variable/.ATTRIBUTES/VARIABLE_VALUE')[0])


def files(tmp_path):
  return {x.name for x in (tmp_path / 'best').iterdir()}


def test_the_best_checkpoint_replaces_the_others(best, variable, tmp_path):
  keeper = best()
  assert keeper.record is None
  values = {10: 0.1, 20: 0.3, 30: 0.2, 40: 0.3}
  for step, ap in values.items():
    variable.assign([step])
    assert keeper(step, {'mask_ap': ap, 'box_ap': 1 - ap}) == (step in (10, 20))
  assert saved(tmp_path) == 20
  record = json.loads((tmp_path / 'best/best.json').read_text())
  assert record == keeper.record
  assert (record['step'], record['mask_ap'], record['box_ap']) == (20, 0.3, 0.7)
  assert files(tmp_path) == {
    'checkpoint',
    'best.json',
    'ckpt-20.index',
    'ckpt-20.data-00000-of-00001',
  }


def test_a_later_session_compares_with_the_earlier_one(
  best, variable, tmp_path
):
  best()(10, {'mask_ap': 0.5})
  again = best()
  assert not again(20, {'mask_ap': 0.4})
  variable.assign([30.0])
  assert again(30, {'mask_ap': 0.6})
  assert saved(tmp_path) == 30


@pytest.mark.parametrize('call', ['write', '_tidy'])
def test_a_kill_leaves_a_best_checkpoint_with_metrics(
  best, variable, tmp_path, monkeypatch, call
):
  best()(10, {'mask_ap': 0.1})

  def kill(*_):
    raise KeyboardInterrupt

  with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
    variable.assign([20.0])
    keeper = best()
    owner = best_lib.whole_files if call == 'write' else keeper
    patched.setattr(owner, call, kill)
    keeper(20, {'mask_ap': 0.2})
  assert saved(tmp_path) == 0  # The earlier one is intact.
  again = best()
  known = {'write': (10, 0.0), '_tidy': (20, 20.0)}[call]
  assert (again.record['step'], saved(tmp_path)) == known
  assert len(files(tmp_path)) == 4


def test_a_removed_checkpoint_is_forgotten(best, variable, tmp_path):
  best()(10, {'mask_ap': 0.5})
  for path in (tmp_path / 'best').glob('ckpt-*'):
    path.unlink()
  variable.assign([20.0])
  assert best()(20, {'mask_ap': 0.4})
  assert saved(tmp_path) == 20


def test_an_unknown_metric_is_named(best):
  with pytest.raises(ValueError, match=r'expected one of box_ap, got .mask_ap'):
    best()(10, {'box_ap': 0.5})
