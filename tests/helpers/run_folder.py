"""Writes a small `model_dir` like that of a training and an evaluation."""

import json

import numpy as np
import serialized
import tensorflow as tf

from copypaste_tf import drawing, records
from copypaste_tf.evaluation import groundtruth
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import run_record

NAMES = {1: 'disc', 2: 'square', 3: 'star', 4: 'ring'}


def write_records(folder, count=3):
  """Writes evaluation records of `count` images; returns their pattern."""
  path = str(folder / 'val-00000-of-00001.tfrecord')
  with tf.io.TFRecordWriter(path) as writer:
    for seed in range(count):
      record, _, _ = serialized.make_record(seed, crowds=int(seed == 2))
      names = [NAMES[c] for c in record.classes.tolist()]
      record = record._replace(class_names=names)
      writer.write(records.serialize(record))
  return path


def write_record(model_dir, input_path, params=()):
  """Writes the run record of a recipe that evaluates on `input_path`."""
  resolved = gin_config.load(
    gin_params=[
      f"EvalData.input_path = '{input_path}'",
      "TrainData.input_path = 'train.tfrecord'",
      'TrainData.copy_paste = @CopyPaste()',
      'TrainData.global_batch_size = 4',
      *params,
    ]
  )
  run_record.write(str(model_dir), resolved, overwrite=False)


def write_events(model_dir, steps=(0, 10, 20)):
  """Writes event files with losses, a speed, images and mask AP."""
  train = tf.summary.create_file_writer(str(model_dir / 'train'))
  with train.as_default():
    for step in steps:
      tf.summary.scalar('model_loss', 4 / (1 + step), step=step)
      tf.summary.scalar('mask_loss', 1 / (1 + step), step=step)
      tf.summary.scalar('images_per_second', 10.0 + step, step=step)
      panel = np.full([1, 8, 6, 3], step, np.uint8)
      tf.summary.image('training_batch', panel, step=step)
  validation = tf.summary.create_file_writer(str(model_dir / 'validation'))
  with validation.as_default():
    for step in steps:
      tf.summary.scalar('mask_ap', step / 100, step=step)
  train.close()
  validation.close()


def write_detections(model_dir, input_path):
  """Writes detections that equal the ground truth."""
  truth = groundtruth.from_records([input_path])
  detections = [
    {
      'image_id': annotation['image_id'],
      'category_id': annotation['category_id'],
      'bbox': annotation['bbox'],
      'segmentation': annotation['segmentation'],
      'score': 0.9,
    }
    for annotation in truth['annotations']
    if not annotation['iscrowd']
  ]
  (model_dir / 'detections.json').write_text(json.dumps(detections))


def write_results(model_dir, **changes):
  results = {'step': 20, 'seconds': 75.0, 'train': {'total_loss': 1.0}}
  (model_dir / 'results.json').write_text(json.dumps(results | changes))


def make(folder):
  """Writes all files; returns the `model_dir`."""
  model_dir = folder / 'model'
  input_path = write_records(folder)
  write_record(model_dir, input_path)
  write_events(model_dir)
  write_detections(model_dir, input_path)
  write_results(model_dir)
  return model_dir


def panel_png(value):
  return drawing.png_bytes(np.full([8, 6, 3], value, np.uint8))
