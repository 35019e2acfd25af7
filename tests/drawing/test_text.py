import itertools

import numpy as np
import pytest
from PIL import Image, ImageDraw

from copypaste_tf.drawing import text

NAMES = [
  *('Zellkörper', 'Zellkürper', 'Zellkorper', 'клетка', 'клещка', 'خلية'),
  *('细胞', '细菌', '人', '\U00012345', '\U00012346', 'a b', 'a\u200bb', 'ab'),
  *('7EC6', 'U+7EC6', '😀', '😃', 'a\nb', 'a\tb', 'a\xa0b'),
]


def picture(words, pixels=12):
  line = text.measure(words, pixels)
  image = Image.new('RGB', (400, 40), (255, 255, 255))
  text.draw(ImageDraw.Draw(image), (5, 5), line, (0, 0, 0))
  return np.array(image)


@pytest.mark.parametrize('pixels', [9, 12, 24])
def test_different_names_have_different_pictures(pixels):
  pictures = [picture(name, pixels).tobytes() for name in NAMES]
  same = [
    (a, b)
    for (a, x), (b, y) in itertools.combinations(
      zip(NAMES, pictures, strict=True), 2
    )
    if x == y
  ]
  assert not same


@pytest.mark.parametrize(
  'name', ['Ågy', 'клетка', 'خلية', '\U00012345b', 'f\n']
)
@pytest.mark.parametrize('pixels', [9, 24])
def test_letters_lie_inside_of_the_measured_line(name, pixels):
  line = text.measure(name, pixels)
  rows, columns = np.nonzero((picture(name, pixels) < 128).any(-1))
  assert rows.min() >= 5 and rows.max() < 5 + line.height
  assert columns.min() >= 4 and columns.max() <= 5 + line.width


def test_lines_of_plain_letters_are_equally_high():
  heights = {text.measure(name, 12).height for name in ('aeo', 'gyp', 'ABC')}
  assert len(heights) == 1


def test_wrapping_breaks_at_spaces_and_loses_no_letter():
  words = 'one two three four'
  lines = text.wrap(words, 10, 60)
  pieces = [''.join(p.run.text for p in line.pieces) for line in lines]
  assert ''.join(pieces) == words
  assert len(lines) > 1 and all(piece.endswith(' ') for piece in pieces[:-1])
  assert all(line.width <= 60 for line in lines)


def test_wrapping_breaks_inside_a_long_word():
  lines = text.wrap('x' * 50, 10, 60)
  letters = [sum(len(p.run.text) for p in line.pieces) for line in lines]
  assert sum(letters) == 50
  assert all(line.width <= 60 for line in lines)
  assert len(text.wrap('xxx', 10, 1)) == 3


def test_a_letter_that_no_font_has_is_a_number_in_a_frame():
  dark = (picture('\U00012345', 20) < 128).all(-1)
  rows, columns = np.nonzero(dark)
  frame = dark[rows.min(), columns.min() : columns.max() + 1]
  assert frame.all() and len(frame) > 40
  assert dark[rows.min() : rows.max() + 1, columns.min()].all()
