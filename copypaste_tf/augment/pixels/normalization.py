"""Normalises images by the statistics of ImageNet, and back."""

import tensorflow as tf

# ImageNet statistics of RGB in [0, 255], as in the published code.
MEAN_RGB = (0.485 * 255, 0.456 * 255, 0.406 * 255)
STDDEV_RGB = (0.229 * 255, 0.224 * 255, 0.225 * 255)


def normalize(image: tf.Tensor) -> tf.Tensor:
  """Normalises images by the mean and standard deviation of ImageNet.

  Args:
    image: `[..., 3]` float32 RGB in [0, 255].

  Returns:
    `[..., 3]` float32 of about zero mean and unit variance.

  >>> normalize(tf.constant(MEAN_RGB)).numpy().tolist()
  [0.0, 0.0, 0.0]
  """
  return (image - tf.constant(MEAN_RGB)) / tf.constant(STDDEV_RGB)


def denormalize(image: tf.Tensor) -> tf.Tensor:
  """Inverts `normalize`, rounded to whole numbers.

  Args:
    image: `[..., 3]` normalised floats.

  Returns:
    `[..., 3]` uint8 RGB in [0, 255].

  >>> denormalize(tf.zeros([3])).numpy().tolist()
  [124, 116, 104]
  """
  image = tf.cast(image, tf.float32) * STDDEV_RGB + MEAN_RGB
  return tf.saturate_cast(tf.round(image), tf.uint8)
