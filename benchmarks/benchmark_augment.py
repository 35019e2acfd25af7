"""Times the augmentation of synthetic scenes and prints ratios.

python benchmarks/benchmark_augment.py --output_size=1024
"""

import os

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')  # isort: split

import time

import numpy as np
import tensorflow as tf
from absl import app, flags

from copypaste_tf import augment
from copypaste_tf.examples import Scenes

_OUTPUT_SIZE = flags.DEFINE_integer('output_size', 1024, 'Side of the canvas.')
_BATCH_SIZE = flags.DEFINE_integer('batch_size', 4, 'Images in a batch.')
_BATCHES = flags.DEFINE_integer('batches', 8, 'Timed batches of each variant.')
_OBJECTS = flags.DEFINE_integer('objects', 8, 'Objects in an image.')


def _scenes(batch: int, count: int, size: int = 640) -> Scenes:
  """Returns scenes of `count` rectangles in two planes."""
  rng = np.random.default_rng(0)
  planes = np.zeros([batch, size, size, 8], np.uint8)
  boxes = np.zeros([batch, 100, 4], np.float32)
  ids = np.zeros([batch, 100], np.int32)
  for i, k in np.ndindex(batch, min(count, 100)):
    y, x = rng.integers(0, size - 100, 2)
    h, w = rng.integers(8, 100, 2)
    plane = k % 2
    planes[i, y : y + h, x : x + w, plane] = k + 1
    ids[i, k] = 256 * plane + k + 1
    boxes[i, k] = y, x, y + h, x + w
  return Scenes(
    image=tf.constant(rng.integers(0, 256, [batch, size, size, 3]), tf.uint8),
    planes=tf.constant(planes),
    size=tf.constant([[480, size]] * batch),
    boxes=tf.constant(boxes),
    classes=tf.constant(np.minimum(ids, 1)),
    ids=tf.constant(ids),
    crowd=tf.zeros([batch, 100], tf.bool),
    source_id=tf.range(batch, dtype=tf.int64),
  )


def _variants(size):
  def run(scenes, seed, copy_paste=None):
    return augment.augment(
      scenes, seed, output_size=(size, size), copy_paste=copy_paste
    )

  def paste(scenes, seed):
    return run(scenes, seed, augment.CopyPaste())

  return {
    'jitter, XLA': tf.function(run, jit_compile=True),
    'jitter + paste, XLA': tf.function(paste, jit_compile=True),
    'jitter, op by op': tf.function(run),
    'jitter + paste, op by op': tf.function(paste),
  }


def main(argv: list[str]) -> None:
  """Interleaves the variants, so that a drift of the machine hits them all."""
  del argv
  tf.config.threading.set_intra_op_parallelism_threads(1)
  tf.config.threading.set_inter_op_parallelism_threads(1)
  scenes = _scenes(_BATCH_SIZE.value, _OBJECTS.value)
  variants = _variants(_OUTPUT_SIZE.value)
  times = {name: [] for name in variants}
  for step in range(_BATCHES.value + 1):
    seed = tf.constant([1, step])
    for name, run in variants.items():
      start = time.perf_counter()
      tf.nest.map_structure(lambda x: x.numpy(), run(scenes, seed))
      if step:  # The first call compiles.
        times[name].append(time.perf_counter() - start)
  medians = {
    name: 1e3 * np.median(values) / _BATCH_SIZE.value
    for name, values in times.items()
  }
  base = medians['jitter, XLA']
  for name, median in medians.items():
    print(f'{name:26s} {median:8.2f} ms/image  {median / base:5.2f} x')


if __name__ == '__main__':
  app.run(main)
