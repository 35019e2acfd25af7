"""Reads image files with the pixels that the converter would store."""

import numpy as np
import tensorflow as tf

from copypaste_tf.records import pictures


def read(path: str) -> np.ndarray:
  """Reads an image file.

  Args:
    path: path of the file, on any file system that TensorFlow supports.

  Returns:
    `[h, w, 3]` uint8 RGB in [0, 255], upright.

  Raises:
    ValueError: the file is missing, truncated, corrupt or not an image.
  """
  try:
    with tf.io.gfile.GFile(path, 'rb') as file:
      data = file.read()
    return pictures.read(data).pixels
  except (ValueError, tf.errors.OpError) as error:
    reason = str(getattr(error, 'message', error)).split('\n')[0]
    raise ValueError(f'{path}: {reason}') from error
