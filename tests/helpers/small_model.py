"""Writes a checkpoint of a small random model that detects objects."""

import numpy as np
import tensorflow as tf
import tf_keras
from pycocotools import mask as coco_mask
from scipy import optimize

from copypaste_tf.modeling import build
from copypaste_tf.training.config import gin_config

PARAMS = ('IMAGE_SIZE = (64, 64)', 'EvalData.global_batch_size = 3')
# Spreads the scores, without saturating them at 1.
CLASS_GAIN = 1.5


def params(*lines):
  return gin_config.load(['smoke'], [*PARAMS, *lines]).params


def checkpoint(folder, *lines):
  """Writes a checkpoint; returns its path prefix.

  The class scores are spread out, so that rounding does not change the order
  of the detections, and the masks cross the threshold.
  """
  tf_keras.utils.set_random_seed(0)
  model = build.mask_rcnn(params(*lines).task.model)
  rng = np.random.default_rng(0)
  for variable in model.trainable_variables:
    if 'kernel' in variable.name and len(variable.shape) in (2, 4):
      fan_in = np.prod(variable.shape[:-1])
      # Smaller than usual, so that rounding is not amplified.
      gain = CLASS_GAIN if 'class' in variable.name else 1
      noise = rng.normal(size=variable.shape) * np.sqrt(1 / fan_in)
      variable.assign((gain * noise).astype(np.float32))
  return tf.train.Checkpoint(model=model).write(str(folder / 'model'))


def images(folder, sizes):
  """Writes a smooth coloured JPEG of each size; returns the paths."""
  rng = np.random.default_rng(1)
  paths = []
  for i, (height, width) in enumerate(sizes):
    coarse = rng.integers(0, 256, [6, 6, 3]).astype(np.float32)
    pixels = tf.image.resize(coarse, [height, width]).numpy().astype(np.uint8)
    paths.append(str(folder / f'photo{i}.jpg'))
    tf.io.write_file(paths[-1], tf.io.encode_jpeg(pixels))
  return paths


def check(outputs, results, size):
  """Compares exported outputs of one image with its COCO results.

  Args:
    outputs: NumPy arrays of `serving.module`, without the batch axis.
    results: COCO results.
    size: height and width of the image.
  """
  count = int(outputs['num_detections'])
  assert count == len(results)
  assert tuple(outputs['image_sizes']) == tuple(size)
  actual = np.concatenate(
    [outputs['boxes'], outputs['scores'][:, None], outputs['classes'][:, None]],
    axis=1,
  )
  assert not actual[count:].any() and not outputs['masks'][count:].any()
  order = match(actual[:count], table(results))
  # Detections whose scores differ by rounding only may be exchanged.
  assert (np.diff(outputs['scores'][:count]) <= 0).all()
  compare(actual[order], table(results))
  assert outputs['masks'].dtype == np.uint8
  for j, result in zip(order, results, strict=True):
    expected = np.zeros(outputs['masks'].shape[1:], np.uint8)
    expected[: size[0], : size[1]] = coco_mask.decode(result['segmentation'])
    assert (outputs['masks'][j] != expected).sum() <= 2


def table(results):
  """Returns `[n, 6]`: box, score and class of COCO results."""
  rows = [(*r['bbox'], r['score'], r['category_id']) for r in results]
  left, top, width, height, *rest = np.array(rows).reshape(-1, 6).T
  return np.stack([top, left, top + height, left + width, *rest], axis=1)


def match(actual, expected):
  """Returns the row of `actual` that matches each row of `expected`."""
  distances = np.abs(expected[:, np.newaxis] - actual)
  return optimize.linear_sum_assignment(distances.max(axis=2))[1]


def compare(actual, expected):
  """Compares tables, up to the rounding of different graphs."""
  np.testing.assert_allclose(actual[:, :4], expected[:, :4], atol=5e-3)
  np.testing.assert_allclose(actual[:, 4], expected[:, 4], atol=1e-4)
  np.testing.assert_array_equal(actual[:, 5], expected[:, 5])
