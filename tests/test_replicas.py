"""Several replicas: two logical CPU devices stand for two GPUs."""

import json
import subprocess
import sys

import pytest

# In a process of its own: devices are fixed when TensorFlow starts.
TRAIN = """
import sys
import tensorflow as tf
from copypaste_tf.training import gin_config, runner

(cpu,) = tf.config.list_physical_devices('CPU')
tf.config.set_logical_device_configuration(
  cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
runner.distribute_utils.get_distribution_strategy = lambda *args, **kwargs: (
  tf.distribute.MirroredStrategy(['/cpu:0', '/cpu:1'])
)
resolved = gin_config.load(
  ['smoke'],
  sys.argv[2:],
  params_override='task.model.norm_activation.use_sync_bn=true',
)
runner.run(resolved, sys.argv[1], 'train')
"""


@pytest.mark.slow
def test_two_replicas_share_the_batch(shapes_params, tmp_path):
  done = subprocess.run(
    [sys.executable, '-c', TRAIN, str(tmp_path), *shapes_params]
    + ['IMAGE_SIZE = (64, 64)', 'schedule.train_steps = 3']
    + ['experiment.log_every = 1', 'TaskConfig.panels_every = 0'],
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  lines = (tmp_path / 'history.jsonl').read_text().splitlines()
  losses = [json.loads(line)['model_loss'] for line in lines]
  assert len(losses) == 3 and losses[2] < losses[0]
