"""Box coding against a loop and against its inverse."""

import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.modeling import box_coding

RANDOM = np.random.default_rng(0)


def boxes(*shape):
  low = RANDOM.uniform(0, 80, [*shape, 2])
  return np.concatenate(
    [low, low + RANDOM.uniform(1, 60, [*shape, 2])], axis=-1
  ).astype(np.float32)


def decode_by_hand(code, box, weights):
  result = np.zeros(4)
  for axis in (0, 1):
    size = box[axis + 2] - box[axis] + 1
    center = box[axis] + size / 2
    center += code[axis] / weights[axis] * size
    growth = min(code[axis + 2] / weights[axis + 2], np.log(1000 / 16))
    size *= np.exp(growth)
    result[axis] = center - size / 2
    result[axis + 2] = center + size / 2 - 1
  return result


@pytest.mark.parametrize('weights', box_coding.STAGE_WEIGHTS)
def test_decoding_equals_a_loop(weights):
  references = boxes(5)
  codes = RANDOM.normal(size=[5, 4]).astype(np.float32) * 20
  actual = box_coding.decode(
    tf.constant(codes), tf.constant(references), weights
  )
  expected = [
    decode_by_hand(*pair, weights)
    for pair in zip(codes, references, strict=True)
  ]
  np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize('weights', box_coding.STAGE_WEIGHTS)
def test_decoding_inverts_encoding(weights):
  wanted, references = tf.constant(boxes(2, 7)), tf.constant(boxes(2, 7))
  codes = box_coding.encode(wanted, references, weights)
  actual = box_coding.decode(codes, references, weights)
  np.testing.assert_allclose(actual, wanted, atol=1e-3)


def test_each_class_has_its_box_in_the_codes_of_a_region():
  rois = tf.constant(boxes(2, 3))
  codes = tf.constant(RANDOM.normal(size=[2, 3, 8]).astype(np.float32))
  sizes = tf.constant([[100.0, 90.0], [60.0, 70.0]])
  actual = box_coding.decode_regions(codes, rois, sizes, 1)
  assert actual.shape == [2, 3, 2, 4]
  for k in range(2):
    expected = box_coding.decode(
      codes[..., 4 * k : 4 * k + 4], rois, box_coding.STAGE_WEIGHTS[1]
    )
    expected = box_coding.clip(expected, sizes)
    np.testing.assert_allclose(actual[:, :, k], expected, rtol=1e-5)


def test_boxes_are_clipped_to_the_last_pixel():
  sizes = tf.constant([[10.0, 20.0]])
  actual = box_coding.clip(tf.constant([[[-3.0, 4.0, 50.0, 50.0]]]), sizes)
  np.testing.assert_array_equal(actual, [[[0, 4, 9, 19]]])
  actual = box_coding.clip(tf.constant([[[[-3.0, 4.0, 50.0, 50.0]]]]), sizes)
  np.testing.assert_array_equal(actual, [[[[0, 4, 9, 19]]]])
