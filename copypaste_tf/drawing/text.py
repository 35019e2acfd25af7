"""Draws lines of text in any script."""

import functools
from typing import NamedTuple

from PIL import ImageDraw

from copypaste_tf.drawing import fonts
from copypaste_tf.drawing.colors import Color

# Extents above and below the base line, as shares of the height of the letters;
# they hold accents and the parts of letters that hang down.
_ABOVE, _BELOW = 0.8, 0.24
_NUMBER = 0.8  # Height of the number of a letter that no font has.


class _Piece(NamedTuple):
  """A run of a line, with its place on the base line."""

  run: fonts.Run
  x: float
  width: float


class Line(NamedTuple):
  """A line of text, measured.

  Attributes:
    pieces: the runs of one font each.
    pixels: height of the letters.
    width: width in pixels.
    above: extent above the base line in pixels.
    height: extent from top to bottom in pixels.
  """

  pieces: tuple[_Piece, ...]
  pixels: int
  width: int
  above: int
  height: int


@functools.lru_cache(maxsize=4096)
def measure(text: str, pixels: int) -> Line:
  """Measures a line of text.

  Args:
    text: any text; letters that no font has are drawn as a framed number.
    pixels: height of the letters.
  """
  pieces, x = [], 0.0
  above, below = _ABOVE * pixels, _BELOW * pixels
  for run in fonts.runs(text):
    width, top, bottom = _extent(run, pixels)
    pieces.append(_Piece(run, x, width))
    x += width
    above, below = max(above, -top), max(below, bottom)
  height = round(above) + round(below)
  return Line(tuple(pieces), pixels, int(x + 0.999), round(above), height)


def draw(
  pen: ImageDraw.ImageDraw, place: tuple[int, int], line: Line, color: Color
) -> None:
  """Draws a line of text.

  Args:
    pen: pen of the picture.
    place: x and y of the top left corner.
    line: the measured line.
    color: colour of the letters.
  """
  x, y = place[0], place[1] + line.above
  for piece in line.pieces:
    if piece.run.path is None:
      _draw_number(pen, (x + piece.x, y), piece, line, color)
    else:
      font = fonts.load(piece.run.path, line.pixels)
      start = (x + piece.x, y)
      pen.text(start, piece.run.text, fill=color, font=font, anchor='ls')


def wrap(text: str, pixels: int, width: int) -> list[Line]:
  """Breaks a text into lines, between any two letters if there is no space.

  Args:
    text: any text.
    pixels: height of the letters.
    width: largest width of a line in pixels; a single letter may be wider.
  """
  lines, rest = [], text
  while rest:
    end = _fitting(rest, pixels, width)
    space = rest.rfind(' ', 0, end + 1) + 1 if end < len(rest) else 0
    end = space or end
    lines.append(measure(rest[:end], pixels))
    rest = rest[end:]
  return lines


def _fitting(text: str, pixels: int, width: int) -> int:
  """Returns the number of first letters that fit, at least 1."""
  low, high = 1, len(text)
  while low < high:
    middle = (low + high + 1) // 2
    if measure(text[:middle], pixels).width <= width:
      low = middle
    else:
      high = middle - 1
  return low


def _extent(run: fonts.Run, pixels: int) -> tuple[float, float, float]:
  """Returns width, top and bottom of a run, from the base line."""
  if run.path is None:
    number, font = _number(run.text, pixels)
    return font.getlength(number) + 6, 0, 0
  font = fonts.load(run.path, pixels)
  _, top, _, bottom = font.getbbox(run.text, anchor='ls')
  return font.getlength(run.text), top, bottom


def _number(letter: str, pixels: int):
  """Returns the Unicode number of a letter, and the font for it."""
  size = max(round(_NUMBER * pixels), 1)
  return f'{ord(letter):04X}', fonts.load(fonts.default(), size)


def _draw_number(pen, start, piece: _Piece, line: Line, color: Color) -> None:
  """Draws the number of a letter in a frame, which no letters have."""
  number, font = _number(piece.run.text, line.pixels)
  x, y = round(start[0]), start[1]
  frame = (x + 1, y - line.above + 1, x + round(piece.width) - 2, y + 1)
  pen.rectangle(frame, outline=color)
  pen.text((x + 3, y - 1), number, fill=color, font=font, anchor='ls')
