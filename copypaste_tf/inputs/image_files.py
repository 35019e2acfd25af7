"""Reads image files with the pixels that the converter would store.

TensorFlow decodes the files that the converter stores unchanged, so a file and
its record give the same pixels. Pillow decodes all others (CMYK, alpha
channels, palettes, EXIF orientations, other formats) and turns them into
upright RGB without alpha.
"""

import io

import numpy as np
import tensorflow as tf
from PIL import Image, ImageOps

from copypaste_tf.records import pillow_rgb

_ORIENTATION_TAG, _UPRIGHT = 0x0112, 1
_FORMATS = ('JPEG', 'MPO', 'PNG')


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
    with Image.open(io.BytesIO(data)) as image:
      upright = image.getexif().get(_ORIENTATION_TAG, _UPRIGHT) == _UPRIGHT
      plain = image.mode in ('RGB', 'L') and image.format in _FORMATS
      if upright and plain:
        return tf.io.decode_image(data, 3, expand_animations=False).numpy()
      return pillow_rgb.rgb(ImageOps.exif_transpose(image))
  except (*pillow_rgb.DECODE_ERRORS, tf.errors.OpError) as error:
    reason = str(getattr(error, 'message', error)).split('\n')[0]
    raise ValueError(f'{path}: {reason}') from error
