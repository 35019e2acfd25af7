"""A JPEG passes only if TensorFlow decodes it, under any damage."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfrecord_tools import jpeg


def noisy_jpeg(rng, **options):
  pixels = rng.integers(0, 255, (90, 120, 3)).astype(np.uint8)
  stream = io.BytesIO()
  Image.fromarray(pixels).save(stream, 'JPEG', **options)
  return stream.getvalue()


def tensorflow_decodes(data):
  try:
    tf.io.decode_jpeg(data, channels=3)
  except tf.errors.InvalidArgumentError:
    return False
  return True


def passes(data):
  try:
    jpeg.check(data)
  except (OSError, ValueError, SyntaxError):
    return False
  return True


def damages(rng, data):
  place = int(rng.integers(2, len(data) - 3))
  block = min(int(rng.integers(1, 500)), len(data) - place)
  yield data[:place]
  yield data[:-2]
  yield data[:place] + bytes(len(data) - place)
  yield data[:place] + rng.bytes(block) + data[place + block :]
  yield data[:place] + bytes([rng.integers(256)]) + data[place + 1 :]
  marker = bytes([0xFF, rng.integers(1, 255)])
  yield data[:place] + marker + data[place + 2 :]


@pytest.mark.parametrize(
  'options', [{}, {'progressive': True}, {'quality': 20}]
)
def test_no_damaged_jpeg_passes_that_tensorflow_refuses(options):
  rng = np.random.default_rng(0)
  refused = accepted = 0
  for _ in range(60):
    data = noisy_jpeg(rng, **options)
    assert passes(data)
    assert passes(data + b'trailing bytes')
    for damaged in damages(rng, data):
      if tensorflow_decodes(damaged):
        accepted += 1
      else:
        refused += 1
        assert not passes(damaged)
  assert refused > 50
  assert accepted > 10


def test_padding_before_a_marker_is_accepted():
  data = noisy_jpeg(np.random.default_rng(1))
  assert passes(data[:2] + b'\xff\xff' + data[2:])
