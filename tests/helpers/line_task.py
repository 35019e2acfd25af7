"""A toy task with its config and evaluator: a line through the origin."""

import dataclasses
import json

import numpy as np
import tensorflow as tf
import tf_keras

from copypaste_tf.evaluation.evaluator import Evaluator
from copypaste_tf.tasks.config import BaseConfig, configurable
from copypaste_tf.tasks.task import Task


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

  def notes(self):
    return ['the line goes through 0']

  def derived(self):
    return {'slopes.json': [self.config.slope]}

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
    distance = Distance()
    distance.reset()
    return distance
