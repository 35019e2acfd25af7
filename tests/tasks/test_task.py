"""A task from outside of the package trains, resumes and evaluates."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
import tiny_run

from copypaste_tf.evaluation.evaluator import Evaluator
from copypaste_tf.tasks import registry
from copypaste_tf.tasks.config import BaseConfig, configurable
from copypaste_tf.tasks.task import Task
from copypaste_tf.training.checkpoints import last_good
from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import runner

STEPS = 6


@configurable
@dataclasses.dataclass
class LineConfig(BaseConfig):
  """Sets the line that is learned.

  Attributes:
    slope: of the line.
  """

  slope: float = 2.0


class Distance(Evaluator):
  """Measures the mean distance from the line, negative: more is better."""

  names = ('closeness',)
  headline = 'closeness'
  output_file = 'errors.json'

  def reset(self):
    self._errors = []

  def add(self, outputs):
    self._errors += np.abs(outputs['y'] - outputs['truth']).tolist()

  def parts(self):
    return self._errors

  def merge(self, parts):
    self._errors = [error for part in parts for error in part]

  def write(self, folder):
    with open(f'{folder}/{self.output_file}', 'w') as file:
      json.dump(self._errors, file)

  def metrics(self):
    return {'closeness': -float(np.mean(self._errors))}


class LineTask(Task):
  """Fits a line; every step has points of its own."""

  name = 'line'
  loss_names = ('square', 'absolute')
  statistic_names = ('mean_x',)
  short_loss_names = {'square': 'sq'}
  configurables = {'LineConfig': LineConfig}
  output_size = (1, 1)

  @classmethod
  def make_config(cls, weight_decay):
    del weight_decay
    return LineConfig()

  def build_model(self):
    model = tf_keras.Sequential([tf_keras.layers.Dense(1, use_bias=False)])
    model.build([None, 1])
    return model

  def train_inputs(self, data, input_context=None, start_step=0):
    steps = tf.data.Dataset.range(start_step, 2**62)
    return steps.map(
      lambda i: tf.cast(tf.range(1, 5), tf.float32) / tf.cast(i + 4, tf.float32)
    )

  def eval_inputs(self, data, input_context=None):
    return tf.data.Dataset.from_tensor_slices([[1.0, 2.0], [3.0, 4.0]])

  def labels(self, examples, step):
    return self.config.slope * examples

  def forward(self, model, examples, labels):
    return model(examples[:, tf.newaxis])[:, 0]

  def losses(self, outputs, labels, penalties):
    error = outputs - labels
    return {
      'square': tf.reduce_mean(error**2),
      'absolute': tf.reduce_mean(abs(error)),
    }

  def statistics(self, examples):
    return {'mean_x': examples}

  def predict(self, inputs, model):
    line = model(inputs[:, tf.newaxis])[:, 0]
    return {'y': line, 'truth': self.config.slope * inputs}

  def evaluator(self):
    made = Distance()
    made.reset()
    return made


@pytest.fixture
def resolved(shapes):
  registry.register(LineTask)
  lines = [
    "experiment.task = 'line'",
    *('experiment.log_every = 1', 'experiment.checkpoint_every = 2'),
    f'experiment.evaluate_every = {STEPS}',
    *(f'schedule.train_steps = {STEPS}', 'schedule.warmup_steps = 1'),
    'schedule.drops = [0.9]',
    *('LineConfig.slope = 3.0', 'LineConfig.panels_every = 0'),
    *('TrainData.global_batch_size = 4', 'EvalData.global_batch_size = 2'),
    f'TrainData.input_path = "{shapes}/train-*.tfrecord"',
    f'EvalData.input_path = "{shapes}/val-*.tfrecord"',
    "runtime.strategy = 'one_device'",
  ]
  yield gin_config.load([], lines)
  registry.unregister('line')


def test_a_strangers_task_trains_resumes_and_evaluates(
  resolved, tmp_path, capsys
):
  assert config_checks.problems(resolved.params) == []
  whole, parts = tmp_path / 'whole', tmp_path / 'parts'
  results = runner.run(resolved, str(whole), 'train_and_eval')
  out = capsys.readouterr().out
  assert f'step {STEPS}/{STEPS}  sq ' in out
  assert 'evaluated: closeness -' in out and 'the best so far' in out
  assert results['best']['metric'] == 'closeness'
  assert results['train'].keys() >= {'square', 'absolute', 'mean_x'}
  closeness = results['eval']['closeness']
  errors = json.loads((whole / Distance.output_file).read_text())
  assert closeness == -np.mean(errors) and len(errors) == 4

  shutil.copytree(whole, parts)
  for path in parts.glob(f'ckpt-{STEPS}*'):
    path.unlink()
  (parts / 'history.jsonl').unlink()
  last_good.write_list(str(parts), ['ckpt-2', 'ckpt-4'])
  again = runner.run(resolved, str(parts), 'train_and_eval')
  rows = [json.loads(x) for x in (parts / 'history.jsonl').open()]
  assert [row['step'] for row in rows] == [5, 6, 6]
  assert again['eval'] == results['eval']
  for name, value in tiny_run.values(whole).items():
    np.testing.assert_array_equal(value, tiny_run.values(parts)[name])

  metrics = runner.evaluate(
    resolved.params, str(tmp_path), str(whole / f'ckpt-{STEPS}')
  )
  assert metrics['closeness'] == closeness
