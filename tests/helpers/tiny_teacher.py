"""A detector of one weight, and records for it to label."""

import functools
import os
import pathlib
import types

os.environ.setdefault('TF_USE_LEGACY_KERAS', '1')

import numpy as np
import random_records
import tensorflow as tf

from copypaste_tf import records
from copypaste_tf.inputs import reader
from copypaste_tf.labelling import origin, shard_run, shards
from copypaste_tf.labelling.labels import Rules
from copypaste_tf.labelling.teacher import Teacher
from copypaste_tf.labelling.thresholds import Thresholds

NAMES = {1: 'disc', 2: 'box', 3: 'star'}
# Boxes relative to the image; the second overlaps the first.
_BOXES = [[0.1, 0.1, 0.6, 0.6], [0.3, 0.3, 0.9, 0.9], [0.7, 0.0, 1.1, 0.3]]


class Detector:
  """Finds three objects in an image, whose scores are those of its colours."""

  def __init__(self, gain=1.0):
    self.gain = tf.Variable(gain)
    self.model = types.SimpleNamespace(variables=[self.gain])

  def fit(self, image, source_id=0):
    return reader.fit_image(image, source_id, output_size=(16, 16))

  def detect(self, scenes):
    colors = tf.reduce_mean(scenes.image, [1, 2])  # [b, 3]
    size = tf.cast(tf.tile(scenes.original_size, [1, 2]), tf.float32)
    ramp = tf.sigmoid(tf.linspace(-1.0, 8.0, 7)[:, tf.newaxis] * tf.ones([7]))
    batch = tf.shape(colors)[0]
    return {
      'source_ids': scenes.source_id,
      'original_sizes': scenes.original_size,
      'boxes': size[:, tf.newaxis] * tf.constant(_BOXES),
      'scores': tf.sigmoid(self.gain * colors),
      'classes': tf.tile([[1, 2, 3]], [batch, 1]),
      'masks': tf.tile(ramp[tf.newaxis, tf.newaxis], [batch, 3, 1, 1]),
    }


def image_record(number, size=(20, 30)):
  """Returns a record of one colour, with a label of its own."""
  masks = np.ones([1, *size], bool)
  color = np.random.default_rng(number).integers(0, 256, 3)
  pixels = np.broadcast_to(color.astype(np.uint8), [*size, 3])
  return random_records.make_record(
    masks,
    image_bytes=tf.io.encode_png(pixels).numpy(),
    image_format='png',
    source_id=number,
    filename=f'{number}.png',
  )


def write(path, numbered):
  """Writes records, or bytes that stand for one, to a file."""
  with tf.io.TFRecordWriter(str(path)) as writer:
    for record in numbered:
      done = isinstance(record, bytes)
      writer.write(record if done else records.serialize(record))


def inputs(folder, counts=(3, 1, 4)):
  """Writes files `in-...` of so many records; returns their paths."""
  paths, first = [], 1
  for index, count in enumerate(counts):
    path = f'{folder}/in-{index:05d}-of-{len(counts):05d}.tfrecord'
    write(path, map(image_record, range(first, first + count)))
    paths.append(path)
    first += count
  return paths


def job(folder, paths, *, checkpoint='a', thresholds=None, **fields):
  """Returns a job from files to `FOLDER/out`."""
  rules = Rules(NAMES, thresholds or Thresholds(0.1))
  made_with = {
    'checkpoint': checkpoint,
    'thresholds': rules.thresholds.as_dict(),
    'counted_score': 0.5,
  }
  return shards.Job(
    origin.Inputs(paths), f'{folder}/out', rules, made_with, **fields
  )


@functools.cache  # It traces its graphs once.
def teacher(batch_size=2, **knobs):
  return Teacher(Detector(**knobs), batch_size)


def label(job, share=None, judge=lambda tally: [], **knobs):
  """Labels what is missing; returns the manifest."""
  share = share or shard_run.Share()
  return shard_run.label(job, teacher, share, judge, **knobs)


def outputs(folder):
  """Returns the content of each file `out*` by its name, hidden ones too."""
  files = pathlib.Path(folder).iterdir()
  return {p.name: p.read_bytes() for p in files if 'out' in p.name}


def run(folder, paths):
  """Labels files to `FOLDER/out`; a process that a test may kill does so."""
  label(job(folder, paths))
