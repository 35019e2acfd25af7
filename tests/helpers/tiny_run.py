"""A training run with the real inputs and a model of four weights.

It writes the source ids of every step to a file, and can end in the middle of a
step. As a script, the process kills itself at that step:

python tests/helpers/tiny_run.py FOLDER STEP STRATEGY [GIN_PARAMS...]

The strategy `mirrored` has two replicas, on two logical CPUs. With TF_CONFIG,
each worker writes files of its own, such as `ids1.jsonl` and `weights1.npz`.
"""

import contextlib
import functools
import json
import os
import pathlib
import signal
import subprocess
import sys

os.environ.setdefault('TF_USE_LEGACY_KERAS', '1')

import numpy as np
import replica_checks
import tensorflow as tf
import tf_keras

from copypaste_tf.tasks import registry
from copypaste_tf.tasks.detection.task import DetectionTask
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import runner

STEPS, EVERY = 12, 3
# Settings of a real model that trains and evaluates in seconds.
SMALL = [
  'IMAGE_SIZE = (64, 64)',
  'BATCH_SIZE = 2',
  'EvalData.global_batch_size = 3',
  'TaskConfig.panels_every = 0',
]
PARAMS = [
  'IMAGE_SIZE = (32, 32)',
  'TrainData.source_size = (96, 96)',
  'TrainData.shuffle_buffer_size = 5',
  'TaskConfig.panels_every = 0',
  f'schedule.train_steps = {STEPS}',
  'experiment.log_every = 1',
  f'experiment.checkpoint_every = {EVERY}',
]


def run(folder, params, crash=None, poisoned=None, strategy='one_device'):
  """Trains in `folder/model`; the ids go to `folder/ids.jsonl`.

  Args:
    folder: an existing folder, the same for all workers.
    params: lines of gin.
    crash: called with each step before its weights change.
    poisoned: returns True if the pixels of a batch with these ids are NaN.
    strategy: value of `runtime.distribution_strategy`.

  Returns:
    The number of the replica of each trace of the step.
  """
  folder = pathlib.Path(folder)
  logged, built, traced = [], [], []
  workers, suffix = _worker()

  class TinyTask(DetectionTask):
    name = 'tiny'
    loss_names = ('loss',)
    statistic_names = ()

    def build_model(self):
      model = tf_keras.Sequential([tf_keras.layers.Dense(1)])
      model.build([None, 3])
      model.set_weights([np.zeros([3, 1]), np.zeros([1])])
      built.append(model)
      return model

    def labels(self, examples, step):
      context = tf.distribute.get_replica_context()
      replica = context.replica_id_in_sync_group
      traced.append(int(tf.get_static_value(replica)))
      tf.numpy_function(
        functools.partial(log, of=context.num_replicas_in_sync // workers),
        [step, replica, examples.source_id],
        [],
      )
      return 1.0

    def forward(self, model, examples, labels):
      pixels = examples.image
      if poisoned:
        poison = tf.numpy_function(value, [examples.source_id], tf.float32)
        pixels += tf.ensure_shape(poison, [])
      return model(tf.reduce_mean(pixels, [1, 2]))

    def losses(self, outputs, labels, penalties):
      return {'loss': tf.reduce_mean((outputs - labels) ** 2)}

    def statistics(self, examples):
      return {}

  def log(step, replica, ids, of):
    logged.append((int(replica), ids.tolist()))
    if len(logged) < of:
      return
    with open(folder / f'ids{suffix}.jsonl', 'a') as file:
      everywhere = [ids for _, ids in sorted(logged)]
      file.write(json.dumps([int(step), everywhere]) + '\n')
    logged.clear()
    if crash:
      crash(int(step))

  def value(ids):
    return np.float32(np.nan if poisoned(ids) else 0.0)

  with contextlib.ExitStack() as stack:
    registry.register(TinyTask)
    stack.callback(registry.unregister, TinyTask.name)
    resolved = gin_config.load(
      ['smoke'],
      [
        "experiment.task = 'tiny'",
        *PARAMS,
        f'BATCH_SIZE = {3 if strategy == "one_device" else 6}',
        *params,
      ],
      params_override=f'runtime.distribution_strategy={strategy}',
    )
    runner.run(resolved, str(folder / 'model'), 'train')
  if suffix:
    np.savez(folder / f'weights{suffix}.npz', *built[0].get_weights())
  return traced


def _worker():
  """Returns the number of workers, and the suffix of this one's files."""
  config = json.loads(os.environ.get('TF_CONFIG', '{}'))
  if not config:
    return 1, ''
  return len(config['cluster']['worker']), str(config['task']['index'])


def ids(folder, worker=''):
  """Returns `[(step, ids)]` in the order in which they were trained on."""
  path = pathlib.Path(folder) / f'ids{worker}.jsonl'
  lines = path.read_text().splitlines()
  return [tuple(json.loads(line)) for line in lines]


def values(checkpoint):
  """Returns `{name: array}` of a checkpoint, or of the last in a folder."""
  reader = tf.train.load_checkpoint(str(checkpoint))
  return {
    name: reader.get_tensor(name)
    for name in reader.get_variable_to_shape_map()
    if name.startswith(('model', 'optimizer')) and 'VARIABLE' in name
  }


def weights(folder):
  """Returns `{name: array}` of the last checkpoint of a run."""
  return values(f'{folder}/model')


def assert_same_weights(folder, other):
  """Checks that the last checkpoints of two runs are bit-equal."""
  actual, expected = weights(folder), weights(other)
  assert len(actual) >= 3 and actual.keys() == expected.keys()
  for name, value in actual.items():
    np.testing.assert_array_equal(value, expected[name], err_msg=name)


def command(folder, step, strategy, params):
  """Returns the command of a run that kills itself at a step; -1 is never."""
  arguments = [str(folder), str(step), strategy, *params]
  return [sys.executable, __file__, *arguments]


def run_apart(folder, step, strategy, params):
  """Runs `command` in a new process and waits for it."""
  return subprocess.run(
    command(folder, step, strategy, params),
    capture_output=True,
    text=True,
    check=False,
  )


def _killed_at(step):
  def crash(current):
    if current == step:
      os.kill(os.getpid(), signal.SIGKILL)

  return crash


if __name__ == '__main__':
  if sys.argv[3] == 'mirrored':
    replica_checks.split_cpu(2)
  steps = run(
    sys.argv[1],
    sys.argv[4:],
    _killed_at(int(sys.argv[2])),
    strategy=sys.argv[3],
  )
  print(json.dumps(steps))
