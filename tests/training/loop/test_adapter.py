"""The adapter for Model Garden: optimizer, inputs, metrics, outputs."""

import tensorflow as tf
from official.core import base_task

from copypaste_tf.tasks import registry
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.loop import workers
from copypaste_tf.training.loop.adapter import ModelGardenTask
from copypaste_tf.training.loop.averaging import Averaged


class Recorder:
  """Stands at the place of an evaluator, and keeps its calls."""

  def __init__(self):
    self.calls = []

  def reset(self):
    self.calls.append('reset')

  def add(self, outputs):
    self.calls.append({name: x.tolist() for name, x in outputs.items()})

  def parts(self):
    return ['here']

  def merge(self, parts):
    self.calls.append(('merge', parts))

  def write(self, folder):
    self.calls.append(('write', folder))

  def metrics(self):
    return {'n': 3.0}


def build_task(*lines, **kwargs):
  params = gin_config.load(['smoke'], lines).params
  return params, ModelGardenTask(registry.build(params.task), **kwargs)


def test_the_adapter_is_a_model_garden_task_without_variables():
  params, task = build_task()
  assert isinstance(task, base_task.Task)
  assert task.task_config is params.task and not task.variables


def test_metrics_are_the_losses_in_order_then_the_statistics():
  _, task = build_task()
  names = [metric.name for metric in task.build_metrics()]
  assert names[0] == 'total_loss' and names[6] == 'model_loss'
  assert names[7:] == list(task.task.statistic_names)
  assert task.build_metrics(training=False) == []


def test_averages_wrap_the_optimizer_if_the_recipe_has_them():
  params, task = build_task('schedule.ema_decay = 0.9')
  config = params.trainer.optimizer_config
  assert isinstance(task.create_optimizer(config), Averaged)
  params, task = build_task()
  config = params.trainer.optimizer_config
  assert not isinstance(task.create_optimizer(config), Averaged)


def test_training_and_evaluation_have_their_own_inputs(shapes_params):
  params, task = build_task(*shapes_params, 'IMAGE_SIZE = (64, 64)')
  train = task.build_inputs(params.task.train_data, start_step=2)
  evaluation = task.build_inputs(params.task.validation_data)
  assert train.element_spec.image.shape == [4, 64, 64, 3]
  assert evaluation.element_spec.image.shape[1:] == [64, 64, 3]
  assert hasattr(evaluation.element_spec, 'original_size')


def test_outputs_of_all_replicas_reach_the_evaluator(tmp_path):
  _, task = build_task(logging_dir=str(tmp_path))
  task.evaluator = Recorder()
  outputs = {'a': (tf.constant([1]), tf.constant([2]))}
  state = task.aggregate_logs(None, {'outputs': outputs})
  state = task.aggregate_logs(state, {'outputs': outputs})
  assert task.reduce_aggregated_logs(state) == {'n': 3.0}
  assert task.evaluator.calls == [
    'reset',
    *[{'a': [1]}, {'a': [2]}] * 2,
    ('write', str(tmp_path)),
  ]


def test_several_workers_exchange_their_outputs(monkeypatch):
  _, task = build_task()
  task.evaluator = Recorder()
  strategy = tf.distribute.get_strategy()
  monkeypatch.setattr(workers, 'position', lambda _: (0, 2))
  monkeypatch.setattr(
    workers, 'all_gather', lambda given, x: [x, given is strategy]
  )
  assert task.reduce_aggregated_logs(True) == {'n': 3.0}
  assert task.evaluator.calls == [('merge', [['here'], True])]
