"""Reads the XML files of Pascal VOC, and of tools that write the same form."""

import math
from typing import NamedTuple
from xml.etree import ElementTree

CLASSES = (
  'aeroplane',
  'bicycle',
  'bird',
  'boat',
  'bottle',
  'bus',
  'car',
  'cat',
  'chair',
  'cow',
  'diningtable',
  'dog',
  'horse',
  'motorbike',
  'person',
  'pottedplant',
  'sheep',
  'sofa',
  'train',
  'tvmonitor',
)
"""The classes of Pascal VOC; the category id of each is its place, from 1."""
BOX_ORIGIN = 1
"""Coordinate of the first column and of the first row, by Pascal VOC."""
_SIDES = ('xmin', 'ymin', 'xmax', 'ymax')


class VocObject(NamedTuple):
  """An object as annotated.

  Attributes:
    name: name of its class.
    box: `(xmin, ymin, xmax, ymax)` in pixels, continuous: the image reaches
      from 0 to its width. It may leave the image or be inverted.
    difficult: the object is hard to recognise, and evaluation leaves it out;
      None if the file does not say so, which means no.
  """

  name: str
  box: tuple[float, float, float, float]
  difficult: bool | None


class Annotation(NamedTuple):
  """An XML file.

  Attributes:
    filename: name of the image file as stated; empty if it is not.
    size: height and width in pixels as stated; None if they are not, or are no
      positive whole numbers.
    objects: the objects in the order of the file.
  """

  filename: str
  size: tuple[int, int] | None
  objects: tuple[VocObject, ...]


def parse(
  data: bytes, path: str, *, box_origin: int = BOX_ORIGIN
) -> Annotation:
  """Reads an XML file.

  Tags may come in any order. Parts of an object, which have boxes of their own
  inside `<part>`, are left out. A box includes its last column and row, so
  `xmin=1, xmax=width` covers an image whose first column is 1.

  Args:
    data: the bytes of the file.
    path: path of the file, for messages.
    box_origin: coordinate of the first column and of the first row; 0 for tools
      that count from 0.

  Raises:
    ValueError: the file is no XML of this form, or an object lacks its name or
      a coordinate. The message names the file and the object.
  """
  try:
    root = ElementTree.fromstring(data)
  # An unknown encoding is a LookupError, one of several bytes a ValueError.
  except (ElementTree.ParseError, LookupError, ValueError) as error:
    raise ValueError(f'{path}: is not XML: {error}') from error
  if root.tag != 'annotation':
    raise ValueError(
      f'{path}: expected <annotation> as in Pascal VOC, got <{root.tag}>'
    )
  return Annotation(
    filename=_text(root, 'filename') or '',
    size=_size(root.find('size')),
    objects=tuple(
      _object(element, f'{path}: object {number}', box_origin)
      for number, element in enumerate(root.findall('object'), 1)
    ),
  )


def _text(element: ElementTree.Element, tag: str) -> str | None:
  """Returns the text of a direct child; None without such a child."""
  text = element.findtext(tag)
  return None if text is None else text.strip()


def _size(element: ElementTree.Element | None) -> tuple[int, int] | None:
  if element is None:
    return None
  height, width = (_number(_text(element, tag)) for tag in ('height', 'width'))
  if not all(x >= 1 and x.is_integer() for x in (height, width)):
    return None
  return int(height), int(width)


def _object(
  element: ElementTree.Element, place: str, box_origin: int
) -> VocObject:
  name = _only(element, 'name', place)
  if not (name.text or '').strip():
    raise ValueError(f'{place}: <name> is empty; expected the name of a class')
  place += f' ({name.text.strip()})'
  corners = _only(element, 'bndbox', place)
  xmin, ymin, xmax, ymax = (_side(corners, side, place) for side in _SIDES)
  first, last = box_origin, box_origin - 1
  return VocObject(
    name=name.text.strip(),
    box=(xmin - first, ymin - first, xmax - last, ymax - last),
    difficult=_difficult(element, place),
  )


def _only(
  element: ElementTree.Element, tag: str, place: str
) -> ElementTree.Element:
  """Returns the direct child of a name, of which there must be one."""
  found = element.findall(tag)
  if len(found) != 1:
    raise ValueError(f'{place}: expected one <{tag}>, got {len(found)}')
  return found[0]


def _side(corners: ElementTree.Element, side: str, place: str) -> float:
  text = (_only(corners, side, place).text or '').strip()
  number = _number(text)
  if not math.isfinite(number):
    raise ValueError(
      f'{place}: <{side}> is {text!r}; expected a number of pixels'
    )
  return number


def _difficult(element: ElementTree.Element, place: str) -> bool | None:
  text = _text(element, 'difficult')
  if text not in (None, '0', '1'):
    raise ValueError(f'{place}: <difficult> is {text!r}; expected 0 or 1')
  return None if text is None else text == '1'


def _number(text: str | None) -> float:
  """Returns a number; NaN for any other text."""
  try:
    return float(text or 'nan')
  except ValueError:
    return math.nan
