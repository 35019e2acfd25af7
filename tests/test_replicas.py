"""Training on two replicas; two logical CPUs take the place of GPUs."""

import json
import subprocess
import sys

import pytest
import replica_checks

# In a process of its own: devices are fixed when TensorFlow starts.
STRATEGY = """
import sys
import tensorflow as tf
from copypaste_tf.tasks import registry
from copypaste_tf.training.config import gin_config

(cpu,) = tf.config.list_physical_devices('CPU')
tf.config.set_logical_device_configuration(
  cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
strategy = tf.distribute.MirroredStrategy(['/cpu:0', '/cpu:1'])
"""
# The augmented part of each replica, as the model gets it.
AUGMENT = """
import json

for size in (4, 2):
  params = gin_config.load(['smoke'], [*sys.argv[1:], f'BATCH_SIZE = {size}'])
  config = params.params.task
  config.train_data.augment_on = 'device'
  built = registry.build(config)
  iterator = iter(
    strategy.distribute_datasets_from_function(
      lambda context: built.train_inputs(config.train_data, context)
    )
  )

  alone = []

  def of_replica(raw):
    alone.append(raw.sources is None)
    return built.augmentation(raw), raw.targets.image, raw.seed

  @tf.function
  def step(raw):
    return strategy.run(of_replica, args=(raw,))

  for _ in range(2):
    raw = next(iterator)
    examples, images, seeds = step(raw)
    local = strategy.experimental_local_results
    print(json.dumps({
      'alone': alone,
      'shapes': [list(x.shape) for x in local(images)],
      'seeds': [x.numpy().tolist() for x in local(seeds)],
      'ids': [x.numpy().tolist() for x in local(examples.source_id)],
      'pasted': [
        float(tf.reduce_sum(x))
        for x in local(examples.statistics['objects_pasted'])
      ],
      'traces': step.experimental_get_tracing_count(),
    }))
"""


def _run(script, *arguments):
  done = subprocess.run(
    [sys.executable, '-c', STRATEGY + script, *arguments],
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  return done.stdout.splitlines()


def check(name, *arguments):
  done = subprocess.run(
    [sys.executable, replica_checks.__file__, name, *arguments],
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  return done


@pytest.mark.slow
def test_synchronized_norms_equal_those_of_the_whole_batch():
  lines = check('sync_norm').stdout.splitlines()
  assert len(lines) == 6, 'two backbones and the heads; two and four replicas'


@pytest.mark.thorough
@pytest.mark.slow
def test_a_step_of_two_replicas_is_the_mean_of_their_losses(shapes_params):
  check('step', *shapes_params)


@pytest.mark.thorough
@pytest.mark.slow
def test_two_replicas_share_the_batch(shapes_params, tmp_path):
  rows, log = train(tmp_path, 'train', shapes_params)
  assert len(rows) == 3 and rows[2]['model_loss'] < rows[0]['model_loss']
  for row in rows:
    per_replica = row['images_per_second_per_replica']
    assert row['images_per_second'] == 2 * per_replica
    assert 0 < row['input_wait'] < 1 and 0 < row['gradient_norm'] < 1000
  assert 'mirrored over 2 CPUs, 2 images each, float32' in log
  versions = json.loads((tmp_path / 'versions.json').read_text())
  assert versions['replicas'] == 2 and versions['images_per_replica'] == 2


@pytest.mark.thorough
@pytest.mark.slow
def test_two_replicas_share_an_evaluation(shapes_params, tmp_path):
  train(tmp_path, 'train_and_eval', shapes_params)
  results = json.loads((tmp_path / 'results.json').read_text())
  assert -1 <= results['eval']['mask_ap'] <= 1


def train(folder, mode, params):
  """Trains three steps; returns their rows of the history and the log."""
  done = check(
    *('train', str(folder), mode, *params, 'IMAGE_SIZE = (64, 64)'),
    *('schedule.train_steps = 3', 'experiment.log_every = 1'),
    # Six images: a batch for both replicas, and one for the first only.
    *('EvalData.global_batch_size = 4', 'TaskConfig.panels_every = 0'),
  )
  lines = (folder / 'history.jsonl').read_text().splitlines()
  rows = [json.loads(line) for line in lines]
  return [row for row in rows if 'model_loss' in row], done.stderr


@pytest.mark.thorough
@pytest.mark.slow
def test_two_replicas_augment_on_their_devices(shapes_params):
  lines = _run(
    AUGMENT,
    *(*shapes_params, 'IMAGE_SIZE = (32, 32)'),
    *('TrainData.source_size = (96, 96)', 'TrainData.num_planes = 2'),
  )
  steps = [json.loads(line) for line in lines]
  assert len(steps) == 4
  for number, step in enumerate(steps):
    images = 2 if number < 2 else 1
    # A single image comes with its source. Each replica traces the step.
    assert set(step['alone']) == {images == 2}
    assert [shape[0] for shape in step['shapes']] == [images, images]
    assert step['seeds'][0] != step['seeds'][1]
    targets = [pair[0] for ids in step['ids'] for pair in ids]
    assert len(set(targets)) == 2 * images, 'no image is on both replicas'
    for ids in step['ids']:
      assert all(target != source for target, source in ids)
    if images == 1:
      sources = [pair[1] for ids in step['ids'] for pair in ids]
      assert sorted(sources) == sorted(targets), 'paired before the split'
    assert step['traces'] == 1
  for part in (steps[:2], steps[2:]):
    assert sum(sum(step['pasted']) for step in part) > 0
