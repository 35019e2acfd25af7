"""Draws instances over an image.

No function changes its arguments. Every input that a data set can hold is drawn
without an error: an image of one pixel, a box outside the image or with NaN, no
or hundreds of instances.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw

from copypaste_tf.drawing import labels
from copypaste_tf.drawing.colors import Color, class_colors

MASK_OPACITY = 0.45


def draw_instances(
  image: np.ndarray,
  boxes: np.ndarray,
  masks: Sequence[np.ndarray] | None,
  captions: Sequence[str],
  colors: Sequence[Color] | None = None,
  edges: Sequence[Color] | None = None,
  *,
  scale: float = 1.0,
  outlines: bool = True,
) -> np.ndarray:
  """Draws instances over an image, large ones first, captions on top.

  Args:
    image: `[h, w, 3]` uint8 RGB.
    boxes: `[n, 4]` numbers, `(ymin, xmin, ymax, xmax)` in pixels; may leave
      the image.
    masks: `n` masks, each `[h, w]` bool, or None to draw boxes only.
    captions: `n` texts; an empty one is not drawn.
    colors: `n` RGB triples; None colours the instances by their position.
    edges: `n` RGB triples of the boxes and captions; None takes `colors`.
    scale: factor by which the image is enlarged, to make room for captions.
    outlines: draw the boxes, too; False only places the captions by them.

  Returns:
    `[scale * h, scale * w, 3]` uint8, a new array. If there is no room for the
    captions, they are numbers and the array is larger: a legend is added below.

  Raises:
    ValueError: if the image is not uint8 RGB, or the lengths or shapes differ.
  """
  boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
  if colors is None:
    colors = class_colors(range(1, len(boxes) + 1))
  edges = colors if edges is None else edges
  _check(image, boxes, masks, captions, colors, edges)
  order = np.argsort(-_areas(boxes), kind='stable')
  boxes = boxes * scale
  canvas = _enlarged(np.ascontiguousarray(image), scale, cv2.INTER_CUBIC)
  for i in order if masks is not None else ():
    mask = np.asarray(masks[i], np.uint8)
    mask = _enlarged(mask, scale, cv2.INTER_NEAREST) > 0
    _draw_mask(canvas, mask, colors[i])
  picture = Image.fromarray(canvas)
  pen = ImageDraw.Draw(picture)
  visible = [_visible_box(box, picture.size) for box in boxes]
  for i in order if outlines else ():
    if visible[i] is not None:
      width = 1 + max(picture.size) // 800
      pen.rectangle(visible[i], outline=edges[i], width=width)
  shown = [
    labels.Label(visible[i], captions[i], edges[i])
    for i in range(len(boxes))
    if visible[i] is not None and captions[i]
  ]
  return np.array(labels.draw(picture, shown))


def _enlarged(image: np.ndarray, scale: float, filter_: int) -> np.ndarray:
  """Returns a larger image; a copy at a scale of 1."""
  height, width = image.shape[:2]
  size = max(round(width * scale), 1), max(round(height * scale), 1)
  if size == (width, height):
    return image.copy()
  return cv2.resize(image, size, interpolation=filter_)


def _check(image, boxes, masks, captions, colors, edges) -> None:
  if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
    raise ValueError(
      'draw_instances needs an image of [h, w, 3] uint8, got '
      f'{list(image.shape)} {image.dtype}.'
    )
  lengths = {'boxes': len(boxes), 'captions': len(captions)}
  lengths |= {'colors': len(colors), 'edges': len(edges)}
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
