"""Defines the elements of a page; `templates/elements.html` renders them.

Texts are plain, since the templates escape them.
"""

import base64
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

_MAX_SIDE = 1600  # Pixels; larger pictures only make the file larger.
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 90]


class Row(NamedTuple):
  """A row of a table.

  Attributes:
    name: the first cell.
    cells: the other cells.
    bar: length of a bar in the last cell, in [0, 1]; None draws no bar.
  """

  name: str
  cells: Sequence[str]
  bar: float | None = None


class Table(NamedTuple):
  """A table whose first column names the rows.

  Attributes:
    rows: from top to bottom.
    header: titles of all columns, which then hold numbers; empty for a table of
      names and texts.
  """

  rows: Sequence[Row]
  header: Sequence[str] = ()


class Figure(NamedTuple):
  """An embedded image.

  Attributes:
    source: a data URI of `data_uri` or `photo`.
    alt: text for readers who do not see the image.
    caption: text below the image.
  """

  source: str
  alt: str
  caption: str = ''


class Frame(NamedTuple):
  """A whole HTML document inside the page, without rights to run scripts.

  Attributes:
    title: text for readers who do not see the document.
    document: HTML of the document.
  """

  title: str
  document: str


class Note(NamedTuple):
  """A remark that something is missing.

  Attributes:
    text: the remark.
    command: command line that makes what is missing, or ''.
  """

  text: str
  command: str = ''


def data_uri(content: bytes, kind: str) -> str:
  """Encodes a file as the address of an image.

  Args:
    content: the file.
    kind: its MIME type.
  """
  return f'data:{kind};base64,{base64.b64encode(content).decode()}'


def photo(image: np.ndarray) -> str:
  """Encodes an image as a data URI of a JPEG, shrunk if it is large.

  Args:
    image: `[h, w, 3]` uint8 RGB.
  """
  scale = _MAX_SIDE / max(image.shape[:2])
  if scale < 1:
    height, width = image.shape[:2]
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
  encoded = cv2.imencode('.jpg', np.ascontiguousarray(image[..., ::-1]), _JPEG)
  return data_uri(encoded[1].tobytes(), 'image/jpeg')
