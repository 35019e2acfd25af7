"""Labels objects with captions, or with numbers and a legend without space."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image, ImageDraw

from copypaste_tf.drawing import colors, places, text
from copypaste_tf.drawing.colors import Color

# Captions of these sizes are tried, of the size that suits the picture.
_SHRUNK = (1.0, 0.8, 0.65)
_SMALLEST, _LARGEST = 9, 24  # Pixels; smaller letters cannot be read.
# Share of a picture that captions may cover.
_COVERED = 0.2
_LEGEND_WIDTH = 160  # Pixels; a narrower picture grows to the right.
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)


class Label(NamedTuple):
  """The label of an object.

  Attributes:
    box: inclusive `(left, top, right, bottom)` pixels of the object.
    text: the text.
    color: background of the text.
  """

  box: places.Corners
  text: str
  color: Color


def draw(picture: Image.Image, labels: Sequence[Label]) -> Image.Image:
  """Draws captions inside a picture, clear of each other.

  Captions that do not fit shrink, then give way to numbers. Equal texts have
  the same number.

  Args:
    picture: RGB; it is drawn upon.
    labels: the captions, with their objects.

  Returns:
    The picture; with numbers, their legend is added below.
  """
  texts = [label.text for label in labels]
  for pixels in _sizes(picture.size):
    chosen, lines = _layout(picture.size, labels, texts, pixels)
    if not chosen.overlap and _share(lines, picture) <= _COVERED:
      _draw(picture, labels, chosen, lines)
      return picture
  numbers = {words: str(i) for i, words in enumerate(dict.fromkeys(texts), 1)}
  for pixels in _sizes(picture.size):
    short = [numbers[words] for words in texts]
    chosen, lines = _layout(picture.size, labels, short, pixels)
    if not chosen.overlap:
      break
  _draw(picture, labels, chosen, lines)
  return _with_legend(picture, labels, numbers)


def _sizes(picture: tuple[int, int]) -> list[int]:
  """Returns heights of letters that suit a picture, the largest first."""
  usual = min(max(min(picture) // 36, 11), _LARGEST)
  sizes = [max(round(share * usual), _SMALLEST) for share in _SHRUNK]
  return list(dict.fromkeys(sizes))


def _layout(size, labels, texts, pixels):
  lines = [text.measure(words, pixels) for words in texts]
  sizes = [_padded(line) for line in lines]
  return places.place([label.box for label in labels], sizes, size), lines


def _share(lines, picture: Image.Image) -> float:
  """Returns the share of a picture that lines of text cover."""
  covered = sum(math.prod(_padded(line)) for line in lines)
  return covered / math.prod(picture.size)


def _padded(line: text.Line) -> tuple[int, int]:
  return line.width + 4, line.height + 2


def _draw(picture, labels, chosen: places.Places, lines) -> None:
  pen = ImageDraw.Draw(picture)
  for label, corner, line in zip(labels, chosen.corners, lines, strict=True):
    _draw_line(pen, corner, line, label.color)


def _draw_line(pen, corner, line: text.Line, color: Color) -> None:
  x, y = corner
  width, height = _padded(line)
  pen.rectangle((x, y, x + width - 1, y + height - 1), fill=color)
  text.draw(pen, (x + 2, y + 1), line, colors.ink(color))


def _with_legend(picture, labels, numbers) -> Image.Image:
  """Adds the texts of the numbers below a picture, in columns."""
  pixels = max(_sizes(picture.size)[0], _SMALLEST)
  width = max(picture.width, _LEGEND_WIDTH)
  background = {label.text: label.color for label in reversed(labels)}
  tags = [text.measure(number, pixels) for number in numbers.values()]
  indent = max(_padded(tag)[0] for tag in tags) + 6
  entries = [text.wrap(t, pixels, width - indent - 4) for t in numbers]
  widest = max(line.width for lines in entries for line in lines)
  columns = max(width // (indent + widest + 12), 1)
  rows = [
    entries[start : start + columns]
    for start in range(0, len(entries), columns)
  ]
  heights = [max(map(_height, row)) for row in rows]
  sheet = Image.new('RGB', (width, picture.height + sum(heights) + 6), _WHITE)
  sheet.paste(picture)
  pen, top = ImageDraw.Draw(sheet), picture.height + 4
  for i, (words, tag) in enumerate(zip(numbers, tags, strict=True)):
    row, column = divmod(i, columns)
    corner = (column * (width // columns) + 2, top + sum(heights[:row]))
    _draw_line(pen, corner, tag, background[words])
    _draw_lines(pen, (corner[0] + indent, corner[1] + 1), entries[i])
  return sheet


def _height(lines) -> int:
  return sum(line.height + 2 for line in lines) + 2


def _draw_lines(pen, corner, lines) -> None:
  x, y = corner
  for line in lines:
    text.draw(pen, (x, y), line, _BLACK)
    y += line.height + 2
