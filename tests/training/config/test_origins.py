"""Origins of values: moved leaves name their bindings, overrides win."""

from copypaste_tf.config.gin_bindings import Binding
from copypaste_tf.training.config import experiment, origins

TRAIN_STEPS = Binding('', 'schedule', 'train_steps', 900, 'a.gin:1')


def test_a_binding_is_the_origin_of_the_leaves_that_it_moves():
  unread = Binding('', 'CopyPaste', 'max_pasted', 3, 'a.gin:2')
  for binding in (TRAIN_STEPS, unread):
    origins.bind(binding, binding.value)
  params = experiment.experiment()
  assert params.trainer.train_steps == 900
  traced, notes = origins.trace(params, [TRAIN_STEPS, unread])
  assert traced['trainer.train_steps'] == ['a.gin:1']
  assert 'task.train_data.seed' not in traced
  assert notes == ['a.gin:2: CopyPaste.max_pasted has no effect here.']
  assert experiment.experiment().trainer.train_steps == 900  # Bound again.


def test_overrides_win_over_bindings():
  params = experiment.experiment()
  traced = {
    'trainer.train_steps': ['a.gin:1'],
    'task.train_data.seed': ['a.gin:2', 'a.gin:3', 'a.gin:4'],
    'task.train_data.dtype': ['default (a.gin:5)'],
  }
  merged = origins.merge(
    params, traced, {'trainer': 'b.yaml:1', 'trainer.train_steps': 'b.yaml:2'}
  )
  assert merged['trainer.train_steps'] == 'b.yaml:2'
  assert merged['trainer.max_to_keep'] == 'b.yaml:1'
  assert merged['task.train_data.seed'] == 'a.gin:2; a.gin:3'
  assert merged['task.train_data.dtype'] == 'default (a.gin:5)'
  assert merged['runtime.num_packs'] == 'default'
