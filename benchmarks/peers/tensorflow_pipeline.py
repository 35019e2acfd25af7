"""Takes examples from `tf.data`, and has the unit of all times."""

import pathlib
from collections.abc import Callable

import tensorflow as tf

from benchmarks.peers import datasets, timing
from copypaste_tf.costs import measure
from tfrecord_tools import dataset_conversion

Take = Callable[[int], None]


def clock() -> float:
  """Returns the CPU seconds of the process, once its buffers are full."""
  return measure.settle()[1]


def records(work: pathlib.Path) -> str:
  """Returns the records of the set; writes them if there are none.

  Model Garden's features are in them, with a PNG of each mask, beside ours.
  """
  prefix = work / datasets.RECORDS
  pattern = f'{prefix.name}*.tfrecord'
  if not any(work.glob(pattern)):
    dataset_conversion.convert(
      dataset_conversion.Options(
        image_dir=str(work / datasets.IMAGES),
        annotations=str(work / datasets.ANNOTATIONS),
        output_prefix=str(prefix),
        num_shards=1,
        num_workers=1,
      )
    )
  (path,) = work.glob(pattern)
  return str(path)


def taking(batches: tf.data.Dataset) -> Take:
  """Returns a function that takes images of an endless dataset of batches."""
  iterator = iter(batches)

  def take(count):
    for _ in range(count // timing.BATCH):
      next(iterator)

  return take


def decoding(work: pathlib.Path) -> Take:
  """Returns a function that only decodes JPEGs of the set."""
  paths = sorted(str(path) for path in (work / datasets.IMAGES).iterdir())
  images = [tf.io.read_file(path) for path in paths]
  dataset = tf.data.Dataset.from_tensor_slices(images).repeat()
  dataset = dataset.map(lambda x: tf.shape(tf.io.decode_jpeg(x, channels=3)))
  return taking(dataset.batch(timing.BATCH))
