"""Draws class maps over images, and in the colours of Pascal VOC."""

import functools
import io
from collections.abc import Mapping

import cv2
import numpy as np
from PIL import Image

from copypaste_tf.drawing.colors import Color
from copypaste_tf.drawing.instances import MASK_OPACITY, draw_instances
from copypaste_tf.examples import VOID


@functools.cache
def palette() -> np.ndarray:
  """Returns the palette of Pascal VOC, `[256, 3]` uint8 RGB.

  Bits 3j, 3j + 1 and 3j + 2 of a class are bits 7 - j of red, green and blue.

  >>> palette()[[0, 1, 15, 255]].tolist()
  [[0, 0, 0], [128, 0, 0], [192, 128, 128], [224, 224, 192]]
  """
  classes = np.arange(256)[:, np.newaxis]
  colors = np.zeros([256, 3], np.uint8)
  for bit in range(8):
    colors |= ((classes >> (3 * bit + np.arange(3)) & 1) << 7 - bit).astype(
      np.uint8
    )
  return colors


def palette_color(class_id: int) -> Color:
  """Returns the colour of a class, from 0 to 255."""
  return tuple(map(int, palette()[class_id]))


def palette_png(class_map: np.ndarray) -> bytes:
  """Encodes a class map as a PNG with the palette of Pascal VOC.

  Args:
    class_map: `[h, w]` uint8.

  Returns:
    The bytes of the file; its pixels are the classes.
  """
  image = Image.fromarray(class_map)  # Grey; the palette makes it `P`.
  image.putpalette(palette().tobytes())
  stream = io.BytesIO()
  image.save(stream, 'PNG', optimize=True)
  return stream.getvalue()


def draw_class_map(
  image: np.ndarray,
  class_map: np.ndarray,
  names: Mapping[int, str],
  *,
  scale: float = 1.0,
) -> np.ndarray:
  """Draws the classes over an image, each with its name at its largest region.

  The background stays as it is; pixels without a label are hatched.

  Args:
    image: `[h, w, 3]` uint8 RGB.
    class_map: `[h, w]` uint8.
    names: class names by id; a class without one shows its id.
    scale: factor by which the image is enlarged.

  Returns:
    `[scale * h, scale * w, 3]` uint8.
  """
  hatched = np.where(
    (class_map == VOID)[..., np.newaxis] & _stripes(*class_map.shape),
    np.uint8(255 * MASK_OPACITY + 0.5) + (image * (1 - MASK_OPACITY)),
    image,
  ).astype(np.uint8)
  present = [int(k) for k in np.unique(class_map) if k not in (0, VOID)]
  masks = [class_map == k for k in present]
  return draw_instances(
    hatched,
    np.array([_caption_box(mask) for mask in masks]).reshape(-1, 4),
    masks,
    [names.get(k) or str(k) for k in present],
    [palette_color(k) for k in present],
    scale=scale,
    outlines=False,  # Nothing has predicted a box.
  )


def _stripes(height: int, width: int) -> np.ndarray:
  """Returns `[h, w, 1]` bool, true on diagonal stripes."""
  rows, columns = np.ogrid[:height, :width]
  return ((rows + columns) % 6 < 2)[..., np.newaxis]


def _caption_box(mask: np.ndarray) -> tuple[int, int, int, int]:
  """Returns the box of the largest region, from its topmost pixel to the right.

  So the caption, which begins above its corner, touches the region.
  """
  _, regions, statistics, _ = cv2.connectedComponentsWithStats(
    mask.astype(np.uint8)
  )
  largest = 1 + statistics[1:, cv2.CC_STAT_AREA].argmax()
  left, top, width, height = statistics[largest, :4]
  first = (regions[top] == largest).argmax()
  return top, first, top + height, left + width
