"""Image files as the converter of `tfrecord_tools` reads them, on the host.

What TensorFlow decodes as the converter stores it goes through TensorFlow, so
that a file and its record give the same pixels. Everything else, such as CMYK,
alpha channels, palettes, EXIF orientations and other formats, is decoded by
Pillow, turned upright and made RGB. Alpha is dropped.
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
    path: the file, also of a remote file system that TensorFlow knows.

  Returns:
    `[h, w, 3]` uint8 RGB, upright.

  Raises:
    ValueError: there is no such file, or it is no image, truncated or corrupt.
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
