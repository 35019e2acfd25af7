import numpy as np
import reference
import tensorflow as tf

from copypaste_tf.augment.pixels import normalization


def test_denormalize_inverts_normalize():
  image = np.random.default_rng(0).integers(0, 256, [5, 7, 3]).astype(np.uint8)
  normal = normalization.normalize(tf.constant(image, tf.float32))
  np.testing.assert_array_equal(normalization.denormalize(normal), image)


def test_the_statistics_are_those_of_imagenet():
  np.testing.assert_allclose(normalization.MEAN_RGB, reference.MEAN)
  np.testing.assert_allclose(normalization.STDDEV_RGB, reference.STDDEV)
