"""The second stage of LVIS trains the class scores, and nothing else."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from copypaste_tf.tasks import registry
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.loop.adapter import ModelGardenTask

TINY = [
  'BATCH_SIZE = 2',
  'IMAGE_SIZE = (64, 64)',
  'TrainData.source_size = (96, 96)',
  'model.levels = (2, 4)',
  'schedule.train_steps = 100',
]


pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def task(shapes):
  records = [
    f'{name}_RECORDS = "{shapes}/{split}-*.tfrecord"'
    for name, split in (('TRAIN', 'train'), ('EVAL', 'val'))
  ]
  lines = [*records, *TINY]
  params = gin_config.load(['smoke', 'lvis_balanced'], lines).params
  return ModelGardenTask(registry.build(params.task))


@pytest.fixture(scope='module')
def trained(task, tmp_path_factory):
  """Checkpoints before and after two steps, metrics, and operations."""
  model, folder = task.build_model(), tmp_path_factory.mktemp('run')
  saved = tf.train.Checkpoint(model=model, **model.checkpoint_items)
  optimizer = tf_keras.optimizers.legacy.SGD(0.5, momentum=0.9)
  metrics = task.build_metrics()
  step = tf.function(lambda x: task.train_step(x, model, optimizer, metrics))
  before = values_of(saved.save(str(folder / 'before')))
  for batch in task.build_inputs(task.task_config.train_data).take(2):
    step(batch)
  after = values_of(saved.save(str(folder / 'after')))
  means = {m.name: float(m.result()) for m in metrics}
  operations = step.get_concrete_function(batch).graph.get_operations()
  return before, after, means, {x.name for x in operations}


def values_of(checkpoint):
  reader = tf.train.load_checkpoint(checkpoint)
  keys = reader.get_variable_to_shape_map()
  return {k: reader.get_tensor(k) for k in keys if k.endswith('VALUE')}


def test_only_the_class_scores_change_in_the_checkpoint(trained):
  before, after, *_ = trained
  assert before.keys() == after.keys()
  changed = [
    key
    for key, value in before.items()
    if key.startswith('model/') and value.tobytes() != after[key].tobytes()
  ]
  parts = {key.split('/.ATTRIBUTES')[0].rsplit('/', 2)[-2] for key in changed}
  assert parts == {'score'} and len(changed) == 2
  assert len([key for key in before if key.startswith('model/')]) > 50


def test_losses_of_weight_zero_are_absent_from_the_log(trained):
  losses = {k: v for k, v in trained[2].items() if not k.startswith('paste/')}
  assert losses.keys() == {'total_loss', 'frcnn_cls_loss', 'model_loss'}
  assert losses['frcnn_cls_loss'] == losses['model_loss'] > 0


def test_neither_masks_nor_anchor_targets_are_made(trained, task):
  batch = next(iter(task.build_inputs(task.task_config.train_data)))
  labels = task.task.labels(batch, tf.constant(0, tf.int64))
  assert labels.keys() == {'image_info', 'gt_boxes', 'gt_classes'}
  names = trained[3]
  assert any('fast_rcnn_head' in name for name in names)
  assert not any('mask_head' in name for name in names)


def test_rare_classes_weigh_more_in_the_loss(task):
  (found,) = task.task.derived().values()
  counts, weights = (np.array(found[x][1:]) for x in ('instances', 'weights'))
  order = np.argsort(counts[counts > 0])
  assert np.all(np.diff(weights[counts > 0][order]) <= 0)
  assert found['weights'][0] == 1
