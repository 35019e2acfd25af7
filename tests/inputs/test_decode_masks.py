"""Planes come out of the PNGs as they went in, however they are divided."""

import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.examples import Features
from copypaste_tf.inputs import decode_masks


def _decode(planes, channels, ids, *, num_planes, crowd=(), size=None):
  """Stores planes in PNGs of the given numbers of channels and reads them."""
  starts = np.cumsum([0, *channels])
  pngs = [
    tf.io.encode_png(np.moveaxis(planes[start : start + c], 0, -1)).numpy()
    for start, c in zip(starts, channels, strict=False)
  ]
  features = {
    Features.CLASS: tf.ones([len(ids)], tf.int64),
    Features.IDS: tf.constant(ids, tf.int64),
    Features.PLANES: tf.constant(pngs),
    Features.MASK: tf.zeros([0], tf.string),
  }
  flags = np.zeros(len(ids), bool)
  flags[list(crowd)] = True
  size = tf.constant(size or planes.shape[1:])
  return decode_masks.decode_masks(
    features, size, tf.constant(flags), num_planes=num_planes
  )


@pytest.mark.parametrize(
  'channels',
  [(1,), (2,), (3,), (4,), (1, 1, 1), (2, 4), (3, 3, 2), (4, 1, 4), (1,) * 11],
)
@pytest.mark.parametrize('num_planes', [11, 12, 16])
def test_channels_of_all_pngs_become_planes(channels, num_planes):
  rng = np.random.default_rng(0)
  count = sum(channels)
  planes = rng.integers(0, 256, [count, 5, 7]).astype(np.uint8)
  found, ids = _decode(
    planes, channels, [256 * (count - 1) + 3], num_planes=num_planes
  )
  assert found.dtype == tf.uint8
  np.testing.assert_array_equal(found, planes)
  np.testing.assert_array_equal(ids, [256 * (count - 1) + 3])


def test_planes_of_crowds_are_not_read():
  planes = np.full([2, 3, 4], 9, np.uint8)
  found, ids = _decode(planes, (1, 1), [9, 256 + 9], num_planes=2, crowd=[1])
  np.testing.assert_array_equal(ids, [9, 0])
  np.testing.assert_array_equal(found, planes[:1])


def test_channels_after_the_last_used_plane_are_dropped():
  planes = np.arange(8, dtype=np.uint8)[:, None, None] + np.zeros([8, 2, 3])
  planes = planes.astype(np.uint8)
  found, _ = _decode(planes, (4, 4), [5 * 256 + 5], num_planes=6)
  np.testing.assert_array_equal(found, planes[:6])


@pytest.mark.parametrize('wrong', [256, 2 * 256])
def test_the_background_is_no_object(wrong):
  planes = np.zeros([3, 3, 4], np.uint8)
  with pytest.raises(tf.errors.InvalidArgumentError, match='the background'):
    _decode(planes, (1, 1, 1), [3, wrong], num_planes=3)


def test_planes_of_another_size_than_the_image_are_an_error():
  planes = np.zeros([1, 3, 4], np.uint8)
  with pytest.raises(tf.errors.InvalidArgumentError, match='[Dd]imension'):
    _decode(planes, (1,), [1], num_planes=2, size=(3, 5))


def _of_pngs(masks, *, size, crowd=()):
  """Reads masks that Model Garden would store, one PNG each."""
  flags = np.zeros(len(masks), bool)
  flags[list(crowd)] = True
  pngs = [tf.io.encode_png(mask[..., np.newaxis]).numpy() for mask in masks]
  features = {
    Features.CLASS: tf.ones([len(masks)], tf.int64),
    Features.IDS: tf.zeros([0], tf.int64),
    Features.PLANES: tf.zeros([0], tf.string),
    Features.MASK: tf.constant(pngs),
  }
  return decode_masks.decode_masks(
    features, tf.constant(size), tf.constant(flags), num_planes=3
  )


def test_any_nonzero_byte_of_an_object_s_png_is_inside():
  masks = np.zeros([3, 5, 9], np.uint8)
  masks[0, 1:3, 2:8], masks[1, 4, 4:], masks[2, 2:, 7:] = 255, 1, 9
  planes, ids = _of_pngs(masks, size=(5, 9), crowd=[1])
  np.testing.assert_array_equal(ids, [1, 0, 257])
  np.testing.assert_array_equal(planes[0], masks[0] > 0)
  np.testing.assert_array_equal(planes[1], masks[2] > 0)


def test_a_png_of_another_size_than_the_image_is_an_error():
  masks = np.ones([1, 5, 9], np.uint8)
  with pytest.raises(tf.errors.InvalidArgumentError, match='another size'):
    _of_pngs(masks, size=(9, 5))
