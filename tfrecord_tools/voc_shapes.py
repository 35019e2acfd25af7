"""Writes the generated shapes as a VOCdevkit.

As in Pascal VOC, a border around each object is void in both PNGs, small
objects are difficult, and boxes count from 1 and include their last pixels.
"""

import os
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree

import cv2
import numpy as np

from copypaste_tf.drawing import class_maps
from copypaste_tf.examples import VOID
from tfrecord_tools import segmentation, shapes

YEAR = '2012'
CLASSES = tuple(shape.name for shape in shapes.SHAPES)
"""The classes in the order of their ids, from 1."""
_NUMBERS = {shape.category_id: k for k, shape in enumerate(shapes.SHAPES, 1)}
_LISTS = ('Main', 'Segmentation')
# Of the mean side of an image: 5 of 500 pixels in Pascal VOC.
_BORDER = 0.01
_SMALL = 0.06


def name_of(image_id: int) -> str:
  """Returns the name of an image; `image_id` is 1 to 999999."""
  return f'{YEAR}_{image_id:06d}'


def image_path(image_id: int) -> str:
  """Returns the path of an image within the VOCdevkit."""
  return f'VOC{YEAR}/JPEGImages/{name_of(image_id)}.jpg'


def label_files(
  image_id: int,
  shape: tuple[int, int],
  objects: Sequence[dict[str, Any]],
  image_size: int,
) -> Iterator[tuple[str, bytes]]:
  """Makes the files with the labels of an image.

  Args:
    image_id: 1 to 999999.
    shape: height and width of the image.
    objects: annotations of `shape_scenes.draw_scene`, without crowds.
    image_size: mean side of the images in pixels.

  Yields:
    The path within the VOCdevkit, and the bytes.
  """
  border = max(1, round(_BORDER * image_size))
  small = (_SMALL * image_size) ** 2
  regions = np.zeros(shape, np.uint8)
  void = np.zeros(shape, bool)
  for number, item in enumerate(objects, 1):
    crop = segmentation.read(item['segmentation'], shape)
    regions[crop.window][crop.mask] = number
    void |= _border_of(regions == number, border)
  categories = [_NUMBERS[item['category_id']] for item in objects]
  classes = np.array([0, *categories], np.uint8)[regions]
  name, root = name_of(image_id), f'VOC{YEAR}'
  for folder, pixels in (
    ('SegmentationClass', classes),
    ('SegmentationObject', regions),
  ):
    pixels[void] = VOID
    yield f'{root}/{folder}/{name}.png', class_maps.palette_png(pixels)
  yield f'{root}/Annotations/{name}.xml', _xml(name, shape, objects, small)


def lists(split: str, image_ids: Sequence[int]) -> Iterator[tuple[str, bytes]]:
  """Makes the lists of a set; see `label_files`."""
  text = ''.join(f'{name_of(image_id)}\n' for image_id in image_ids)
  for folder in _LISTS:
    yield f'VOC{YEAR}/ImageSets/{folder}/{split}.txt', text.encode()


def _border_of(mask: np.ndarray, width: int) -> np.ndarray:
  """Returns the pixels near the outline, `[h, w]` bool.

  They lie on both sides, unless most of a small object would be among them.
  """
  side = 2 * width + 1
  kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
  pixels = mask.astype(np.uint8)
  inside = cv2.erode(pixels, kernel).astype(bool)
  if 2 * inside.sum() < mask.sum():
    inside = mask
  return cv2.dilate(pixels, kernel).astype(bool) & ~inside


def _xml(
  name: str,
  shape: tuple[int, int],
  objects: Sequence[dict[str, Any]],
  small: float,
) -> bytes:
  height, width = shape
  root = ElementTree.Element('annotation')
  _add(root, folder=f'VOC{YEAR}', filename=f'{name}.jpg')
  _add(ElementTree.SubElement(root, 'size'), width=width, height=height)
  _add(root, segmented=1)
  for item in objects:
    x, y, w, h = map(int, item['bbox'])
    right, bottom = x + w, y + h
    touches = x == 0 or y == 0 or right == width or bottom == height
    element = ElementTree.SubElement(root, 'object')
    _add(
      element,
      name=CLASSES[_NUMBERS[item['category_id']] - 1],
      pose='Unspecified',
      truncated=int(touches),
      difficult=int(item['area'] < small),
    )
    corners = ElementTree.SubElement(element, 'bndbox')
    _add(corners, xmin=x + 1, ymin=y + 1, xmax=right, ymax=bottom)
  ElementTree.indent(root)
  return ElementTree.tostring(root) + b'\n'


def _add(parent: ElementTree.Element, **children: Any) -> None:
  for tag, value in children.items():
    ElementTree.SubElement(parent, tag).text = str(value)


def write(output_dir: str, files: Iterator[tuple[str, bytes]]) -> None:
  """Writes files into a VOCdevkit.

  Args:
    output_dir: the VOCdevkit.
    files: paths within it, and bytes.
  """
  for name, data in files:
    path = os.path.join(output_dir, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
      file.write(data)
