"""Finds a font for each letter of a text.

Pillow's own font has no letters but those of English, and no font has all. The
font of Matplotlib has European letters, Arabic and Hebrew; the package of the
extra `fonts` has Chinese, Japanese and Korean; the machine may have others.
"""

import contextlib
import functools
import importlib.util
import os
from collections.abc import Iterator
from typing import NamedTuple

from absl import logging
from PIL import ImageFont

# Packages whose files are fonts. The extra `fonts` installs them.
FONT_PACKAGES = ('manimgx_fonts_cjk',)
_FONT_FILES = ('.ttf', '.otf', '.ttc', '.otc')


class Run(NamedTuple):
  """Letters of a text that one font draws.

  Attributes:
    text: the letters.
    path: file of the font; None for a letter that no font has.
  """

  text: str
  path: str | None


@functools.lru_cache(maxsize=4096)
def runs(text: str) -> tuple[Run, ...]:
  """Splits a text into runs of one font each.

  Args:
    text: any text. Letters that no font has are runs of their own.
  """
  pieces: list[Run] = []
  for letter in text:
    path = _font_of(letter)
    if pieces and path is not None and pieces[-1].path == path:
      pieces[-1] = Run(pieces[-1].text + letter, path)
    else:
      pieces.append(Run(letter, path))
  return tuple(pieces)


@functools.lru_cache(maxsize=256)
def load(path: str, pixels: int) -> ImageFont.FreeTypeFont:
  """Loads a font.

  Args:
    path: file of the font.
    pixels: height of a line of letters.
  """
  font = ImageFont.truetype(path, pixels)
  # A variable font starts with its thinnest style. Others raise OSError.
  with contextlib.suppress(OSError, ValueError):
    font.set_variation_by_name('Regular')
  return font


@functools.cache
def default() -> str:
  """Returns the file of the font that is tried first."""
  # Slow to import, and most programs that import this module draw nothing.
  import matplotlib

  return os.path.join(matplotlib.get_data_path(), 'fonts/ttf/DejaVuSans.ttf')


@functools.cache
def _font_of(letter: str) -> str | None:
  """Returns the first font that has a letter."""
  # Spaces of other widths and marks of direction would look like nothing.
  if letter.isprintable():
    for path in _candidates():
      if _has(path, letter):
        return path
    logging.log_first_n(
      logging.WARNING,
      'No font on this machine has the letter %r: pictures show its number, '
      '%04X, and those of others like it. To see letters: pip install '
      '"copypaste_tf[fonts]", or install fonts of the system.',
      1,
      letter,
      ord(letter),
    )
  return None


def _candidates() -> Iterator[str]:
  yield default()
  yield from _packaged()
  yield from _installed()


@functools.cache
def _packaged() -> tuple[str, ...]:
  """Returns the fonts of the packages of fonts that are installed."""
  specs = map(importlib.util.find_spec, FONT_PACKAGES)
  folders = [os.path.dirname(spec.origin) for spec in specs if spec]
  files = [os.path.join(f, name) for f in folders for name in os.listdir(f)]
  return tuple(sorted(f for f in files if f.endswith(_FONT_FILES)))


@functools.cache
def _installed() -> tuple[str, ...]:
  """Returns the fonts of the machine, regular styles first."""
  from matplotlib import font_manager

  files = sorted(font_manager.findSystemFonts())
  files = [path for path in files if path.lower().endswith(_FONT_FILES)]
  return tuple(sorted(files, key=lambda path: 'regular' not in path.lower()))


# Each keeps its file open, and a machine may have more fonts than a process may
# have open files.
@functools.lru_cache(maxsize=256)
def _face(path: str):
  """Opens a font to look up letters; None if it cannot be drawn with."""
  from matplotlib import ft2font

  try:
    face = ft2font.FT2Font(path)
  except (OSError, RuntimeError):  # Damaged, or of a kind unknown to FreeType.
    return None
  return face if face.scalable else None


@functools.cache
def _has(path: str, letter: str) -> bool:
  """Returns whether a font draws a letter, and not as an empty box."""
  face, code = _face(path), ord(letter)
  glyph = face.get_char_index(code) if face else 0
  # A font of last resort draws one box for all letters of a script.
  if not glyph or glyph == face.get_char_index(code ^ 1):
    return False
  if letter == ' ':
    return True
  # Some letters are drawn alone but change nothing within a text.
  font = load(path, 16)
  inked = font.getmask(letter).getbbox() is not None
  return inked and _picture(font, f'o{letter}') != _picture(font, 'o')


def _picture(font: ImageFont.FreeTypeFont, text: str):
  mask = font.getmask(text)
  return mask.size, bytes(mask)
