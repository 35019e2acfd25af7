"""Draws boxes, masks and captions over images, and lays images out in sheets.

Uses NumPy, OpenCV and Pillow only. Images are `[h, w, 3]` uint8 RGB; boxes are
`(ymin, xmin, ymax, xmax)` in pixels of the image. No function changes its
arguments. Every input that a data set can hold is drawn without an error: an
image of one pixel, a box outside the image or with NaN, no or hundreds of
instances.
"""

import colorsys
import functools
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

Color = tuple[int, int, int]

MASK_OPACITY = 0.45
# Successive multiples of the golden ratio are far apart on the hue circle, so
# neighbouring class ids get clearly different hues.
GOLDEN_RATIO = 0.618033988749895
# Saturation and value of three rings of the colour cone. Ids of a similar hue
# differ in the ring.
RINGS = ((0.95, 0.95), (0.55, 1.0), (0.95, 0.65))


def class_colors(classes: Sequence[int]) -> list[Color]:
  """Returns the colour of each category id, the same in every picture.

  Args:
    classes: `n` category ids, any integers.

  Returns:
    `n` RGB triples, each channel in 0..255.
  """
  return [_class_color(int(i)) for i in classes]


@functools.cache
def _class_color(class_id: int) -> Color:
  saturation, value = RINGS[class_id % len(RINGS)]
  rgb = colorsys.hsv_to_rgb(class_id * GOLDEN_RATIO % 1.0, saturation, value)
  return tuple(round(255 * channel) for channel in rgb)


def draw_instances(
  image: np.ndarray,
  boxes: np.ndarray,
  masks: Sequence[np.ndarray] | None,
  captions: Sequence[str],
  colors: Sequence[Color] | None = None,
) -> np.ndarray:
  """Draws instances over an image, large ones first, captions on top.

  Args:
    image: `[h, w, 3]` uint8 RGB.
    boxes: `[n, 4]` numbers, `(ymin, xmin, ymax, xmax)` in pixels; may leave
      the image.
    masks: `n` masks, each `[h, w]` bool, or None to draw boxes only.
    captions: `n` texts; an empty one is not drawn.
    colors: `n` RGB triples; None colours the instances by their position.

  Returns:
    `[h, w, 3]` uint8, a new array.

  Raises:
    ValueError: if the image is not uint8 RGB, or the lengths or shapes differ.
  """
  boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
  colors = class_colors(range(1, len(boxes) + 1)) if colors is None else colors
  _check(image, boxes, masks, captions, colors)
  order = np.argsort(-_areas(boxes), kind='stable')
  canvas = np.ascontiguousarray(image).copy()
  for i in order if masks is not None else ():
    _draw_mask(canvas, np.asarray(masks[i], bool), colors[i])
  picture = Image.fromarray(canvas)
  pen = ImageDraw.Draw(picture)
  for i in order:
    _draw_box(pen, picture.size, boxes[i], colors[i])
  for i in order:
    _draw_caption(pen, picture.size, boxes[i], captions[i], colors[i])
  return np.array(picture)


def png_bytes(image: np.ndarray) -> bytes:
  """Encodes an image as PNG.

  Args:
    image: `[h, w, 3]` uint8 RGB or `[h, w]` uint8 grey.

  Returns:
    The bytes of the file.
  """
  pixels = image[..., ::-1] if image.ndim == 3 else image
  return cv2.imencode('.png', np.ascontiguousarray(pixels))[1].tobytes()


def tile(images: Sequence[np.ndarray], columns: int) -> np.ndarray:
  """Lays images out in rows of white cells of the largest size.

  Args:
    images: `[h, w, 3]` uint8 RGB each; sizes may differ.
    columns: number of images in a row, at least 1.

  Returns:
    `[rows * max h, columns * max w, 3]` uint8; one white pixel for no images.

  Raises:
    ValueError: if `columns` is below 1.
  """
  if columns < 1:
    raise ValueError(f'columns must be at least 1, got {columns}.')
  if not len(images):
    return np.full([1, 1, 3], 255, np.uint8)
  height = max(image.shape[0] for image in images)
  width = max(image.shape[1] for image in images)
  rows = -(-len(images) // columns)
  sheet = np.full([rows * height, columns * width, 3], 255, np.uint8)
  for i, image in enumerate(images):
    top, left = i // columns * height, i % columns * width
    sheet[top : top + image.shape[0], left : left + image.shape[1]] = image
  return sheet


def _check(image, boxes, masks, captions, colors) -> None:
  if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
    raise ValueError(
      'draw_instances needs an image of [h, w, 3] uint8, got '
      f'{list(image.shape)} {image.dtype}.'
    )
  lengths = {'boxes': len(boxes), 'captions': len(captions)}
  lengths |= {'colors': len(colors)}
  if masks is not None:
    lengths['masks'] = len(masks)
  if len(set(lengths.values())) > 1:
    raise ValueError(f'one entry per object is needed, got {lengths}.')
  for i, mask in enumerate(() if masks is None else masks):
    if mask.shape != image.shape[:2]:
      raise ValueError(
        f'mask {i} must have the image size {list(image.shape[:2])}, got '
        f'{list(mask.shape)}.'
      )


def _areas(boxes: np.ndarray) -> np.ndarray:
  sides = np.maximum(np.nan_to_num(boxes[:, 2:] - boxes[:, :2]), 0)
  return sides[:, 0] * sides[:, 1]


def _draw_mask(canvas: np.ndarray, mask: np.ndarray, color: Color) -> None:
  if not mask.any():
    return
  rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
  window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
  inside = mask[window]
  pixels = canvas[window]
  mixed = pixels[inside] * (1 - MASK_OPACITY) + MASK_OPACITY * np.array(color)
  pixels[inside] = mixed.round().astype(np.uint8)
  contours, _ = cv2.findContours(
    inside.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE
  )
  shift = (int(columns[0]), int(rows[0]))
  cv2.drawContours(canvas, contours, -1, color, 1, offset=shift)


def _visible_box(box: np.ndarray, size) -> tuple[int, ...] | None:
  """Returns the inclusive `(left, top, right, bottom)` pixels of a box.

  None if the box has no pixel in the image.
  """
  width, height = size
  ymin, xmin, ymax, xmax = box
  outside = ymin >= height or xmin >= width or ymax < 0 or xmax < 0
  if not np.isfinite(box).all() or outside:
    return None
  left, top = max(int(xmin), 0), max(int(ymin), 0)
  right = min(max(int(np.ceil(xmax)) - 1, left), width - 1)
  bottom = min(max(int(np.ceil(ymax)) - 1, top), height - 1)
  return left, top, right, bottom


def _draw_box(pen: ImageDraw.ImageDraw, size, box, color: Color) -> None:
  corners = _visible_box(box, size)
  if corners is not None:
    pen.rectangle(corners, outline=color, width=1 + max(size) // 800)


@functools.cache
def _font(pixels: int):
  return ImageFont.load_default(pixels)


def _draw_caption(pen, size, box, text: str, color: Color) -> None:
  corners = _visible_box(box, size)
  if corners is None or not text:
    return
  font = _font(min(max(min(size) // 36, 11), 24))
  left, top, right, bottom = pen.textbbox((0, 0), text, font=font)
  width, height = int(right - left) + 4, int(bottom - top) + 3
  # The caption stays inside the picture, also at its edges.
  x = max(min(corners[0], size[0] - width), 0)
  y = max(corners[1] - height, 0)
  pen.rectangle((x, y, x + width - 1, y + height - 1), fill=color)
  pen.text((x + 2 - left, y + 1 - top), text, fill=_ink(color), font=font)


def _ink(color: Color) -> Color:
  """Returns black or white, whichever contrasts more with the colour."""
  luminance = np.dot(color, [0.299, 0.587, 0.114])
  return (0, 0, 0) if luminance > 140 else (255, 255, 255)
