"""The segmentation task on a tiny model: it learns, and predicts sizes."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from copypaste_tf.inputs.decode import NO_IMAGE
from copypaste_tf.tasks.segmentation import losses as train_losses
from copypaste_tf.tasks.segmentation.task import SegmentationTask
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.loop.adapter import ModelGardenTask


@pytest.fixture(scope='module')
def task(shapes):
  lines = [
    f'TRAIN_RECORDS = "{shapes}/train-*.tfrecord"',
    f'EVAL_RECORDS = "{shapes}/val-*.tfrecord"',
    'BATCH_SIZE = 2',
    'IMAGE_SIZE = (64, 64)',
    'TrainData.source_size = (96, 96)',
    'TrainData.copy_paste = @CopyPaste()',
    'EvalData.global_batch_size = 4',
    'SegmentationConfig.eval_flip = True',
  ]
  return SegmentationTask(
    gin_config.load(['shapes_seg_cpu'], lines).params.task
  )


@pytest.fixture(scope='module')
def model(task, strategy):
  with strategy.scope():
    return task.build_model()


def test_the_recipe_says_how_classes_weigh(task):
  config = task.config.replace(class_weight_power=1.0)
  scores = tf.random.stateless_normal([1, 2, 3, 18], [0, 1])
  classes = tf.constant([[[0, 0, 0], [0, 1, 17]]])
  found = SegmentationTask(config).losses(
    {'scores': scores}, {'classes': classes}, []
  )
  expected = train_losses.pixel_loss(scores, classes, 1.0)
  assert found['total_loss'] == expected
  assert expected != train_losses.pixel_loss(scores, classes)


def test_training_on_one_batch_lowers_the_loss(task, model, strategy):
  adapter = ModelGardenTask(task)
  with strategy.scope():
    optimizer = tf_keras.optimizers.legacy.SGD(0.05, momentum=0.9)
    optimizer._create_all_weights(model.trainable_variables)
    metrics = adapter.build_metrics()
  batch = next(iter(task.train_inputs(task.config.train_data)))
  train = tf.function(
    lambda scenes: strategy.run(
      adapter.train_step, (scenes, model, optimizer, metrics)
    )
  )
  losses = []
  for _ in range(8):
    for metric in metrics:
      metric.reset_state()
    train(batch)
    values = {metric.name: float(metric.result()) for metric in metrics}
    losses.append(values['pixel_loss'])
  assert losses[-1] < 0.5 * losses[0]
  assert losses[0] == pytest.approx(np.log(18), rel=0.2)
  assert values['total_loss'] > values['pixel_loss']
  assert values.keys() == {*task.loss_names, *task.statistic_names}


def test_predictions_go_to_the_evaluator(task, model, strategy):
  evaluator = task.evaluator()
  run = tf.function(lambda scenes: strategy.run(task.predict, (scenes, model)))
  for scenes in task.eval_inputs(task.config.validation_data):
    outputs = tf.nest.map_structure(
      lambda x: strategy.experimental_local_results(x)[0].numpy(), run(scenes)
    )
    blank = outputs['source_ids'] == NO_IMAGE
    evaluator.add(outputs)
  assert blank.any() and outputs['scores'].shape == (4, 16, 16, 18)
  numbers = evaluator.metrics()
  assert {'miou', 'miou_64', 'miou_multi', 'pixel_accuracy'} == {*numbers}
  assert len(evaluator.parts()['images']) == 6


def test_the_table_counts_each_part(task):
  lines = task.model_table().splitlines()
  assert [line.split()[0] for line in lines] == [
    'part',
    'backbone',
    'pyramid',
    'head',
    'total',
  ]
  counts = [int(line.split()[1].replace(',', '')) for line in lines[1:]]
  assert counts[-1] == sum(counts[:-1]) > 0
  weights = task.published_model().trainable_variables
  assert counts[-1] == sum(v.shape.num_elements() for v in weights)
