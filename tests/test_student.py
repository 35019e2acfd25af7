"""A student learns from two record sets, whose losses are normalised."""

import json

import numpy as np
import pytest
import tensorflow as tf
import tiny_run

from copypaste_tf.tasks import registry
from copypaste_tf.tasks.detection.task import DetectionTask
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import runner

PARAMS = [
  'experiment.task = "student"',
  'IMAGE_SIZE = (64, 64)',
  'BATCH_SIZE = 4',
  'TrainData.source_size = (96, 96)',
  'TrainData.shuffle_buffer_size = 5',
  'model.levels = (2, 4)',
  'TrainData.input_path = ""',
  'TrainData.sets = [@labelled/RecordSet(), @pseudo/RecordSet()]',
  'labelled/RecordSet.path = %TRAIN_RECORDS',
  'pseudo/RecordSet.path = %EVAL_RECORDS',
  'pseudo/RecordSet.name = "pseudo"',
  'pseudo/RecordSet.loss_weight = 0.5',
  'pseudo/RecordSet.pasted_from = False',
  'RecordSet.share = 0.5',
  'TaskConfig.loss_normalization = 0.5',
  'TaskConfig.micro_batches = 2',
  'TaskConfig.panels_every = 0',
  'schedule.train_steps = 6',
  'schedule.ema_decay = 0.9',
  'experiment.log_every = 1',
  'experiment.checkpoint_every = 2',
]


def train(folder, params, killed_at=None):
  """Trains; raises at a step, after which nothing is saved."""
  steps = []

  class Student(DetectionTask):
    name = 'student'

    def prepare(self, inputs):
      with tf.control_dependencies([tf.numpy_function(count, [], [])]):
        return super().prepare(inputs)

  def count():
    steps.append(1)
    if len(steps) == killed_at:
      raise KeyboardInterrupt('killed')

  registry.register(Student)
  try:
    resolved = gin_config.load(['smoke'], [*params, *PARAMS])
    runner.run(resolved, str(folder / 'model'), 'train')
  finally:
    registry.unregister(Student.name)


def loss_means(folder):
  reader = tf.train.load_checkpoint(str(folder / 'model'))
  (name,) = [x for x in reader.get_variable_to_shape_map() if 'loss_me' in x]
  return reader.get_tensor(name)


@pytest.mark.thorough
@pytest.mark.slow
def test_a_killed_student_goes_on_with_its_weights_and_running_means(
  shapes_params, tmp_path
):
  """With micro batches and moving averages of the weights."""
  whole, resumed = tmp_path / 'whole', tmp_path / 'parts'
  whole.mkdir()
  resumed.mkdir()
  train(whole, shapes_params)
  with pytest.raises((KeyboardInterrupt, tf.errors.OpError)):
    train(resumed, shapes_params, killed_at=4)
  train(resumed, shapes_params)
  tiny_run.assert_same_weights(whole, resumed)
  means = loss_means(whole)
  np.testing.assert_array_equal(loss_means(resumed), means)
  assert np.all(means > 0) and means[0] != means[1]
  lines = (whole / 'model/history.jsonl').read_text().splitlines()
  history = [json.loads(line) for line in lines]
  names = ('sets/0/loss', 'sets/pseudo/loss')
  losses = [[row[name] for name in names] for row in history if names[0] in row]
  assert len(losses) == 6
  expected = np.array(losses[0])
  for found in losses[1:]:
    expected = 0.5 * expected + 0.5 * np.array(found)
  np.testing.assert_allclose(means, expected, rtol=1e-4)
