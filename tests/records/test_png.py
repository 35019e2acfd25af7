"""PNGs of masks: the same pixels in every reader, faults by name."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from copypaste_tf.records import png


@pytest.mark.parametrize('shape', [(1, 1), (1, 300), (301, 1), (37, 65)])
@pytest.mark.parametrize('seed', range(3))
def test_png_decodes_everywhere(shape, seed):
  rng = np.random.default_rng(seed)
  image = rng.integers(0, 256, shape).astype(np.uint8)
  top = int(rng.integers(shape[0]))
  image[:top] = 0
  image[top + shape[0] // 2 + 1 :] = 0
  data = png.encode_rows(image[top : top + shape[0] // 2 + 1], top, shape[0])
  pillow = np.asarray(Image.open(io.BytesIO(data)))
  np.testing.assert_array_equal(pillow, image)
  np.testing.assert_array_equal(tf.io.decode_png(data)[..., 0], image)
  np.testing.assert_array_equal(png.decode(data)[..., 0], image)
  np.testing.assert_array_equal(png.decode(png.encode(image))[..., 0], image)


def test_small_pngs_hold_the_same_pixels_in_fewer_bytes():
  image = np.zeros((120, 200), np.uint8)
  image[30:90] = np.tri(60, 200, 70, dtype=np.uint8)
  small = png.encode(image, png.SMALL)
  assert len(small) < len(png.encode(image))
  np.testing.assert_array_equal(tf.io.decode_png(small)[..., 0], image)
  np.testing.assert_array_equal(png.decode(small)[..., 0], image)


def test_the_png_checksum_of_long_runs_of_zeros_is_right():
  rows = np.full((3, 6000), 255, np.uint8)
  data = png.encode_rows(rows, 2000, 4000)
  image = tf.io.decode_png(data)[..., 0].numpy()
  assert image.shape == (4000, 6000)
  assert image.sum(dtype=np.int64) == 3 * 6000 * 255
  assert len(data) < image.size / 200


def test_png_decode_names_the_fault():
  with pytest.raises(ValueError, match='expected a PNG'):
    png.decode(b'nothing')
  with pytest.raises(ValueError, match='expected a PNG'):
    png.decode(png.encode(np.ones((50, 50), np.uint8))[:-30])
  stream = io.BytesIO()
  Image.fromarray(np.zeros((2, 2), np.uint16)).save(stream, 'PNG')
  with pytest.raises(ValueError, match='8 bits'):
    png.decode(stream.getvalue())


def test_encode_takes_bool_and_stores_ones():
  mask = np.eye(3, 5, dtype=bool)
  np.testing.assert_array_equal(png.decode(png.encode(mask))[..., 0], mask)
  assert png.decode(png.encode(mask)).max() == 1


def test_decode_keeps_the_channels():
  pixels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
  stream = io.BytesIO()
  Image.fromarray(pixels).save(stream, 'PNG')
  np.testing.assert_array_equal(png.decode(stream.getvalue()), pixels)
