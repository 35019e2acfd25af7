import numpy as np
import pytest
from PIL import Image

from copypaste_tf.drawing import labels

RED, BLUE = (200, 0, 0), (0, 0, 200)


def blank(width=400, height=300):
  return Image.new('RGB', (width, height), (100, 100, 100))


def draw(picture, texts, boxes=None, color=RED):
  boxes = boxes or [(10 + i, 40, 60 + i, 90) for i in range(len(texts))]
  entries = [
    labels.Label(box, words, color)
    for box, words in zip(boxes, texts, strict=True)
  ]
  return np.array(labels.draw(picture, entries))


def pixels(picture, color):
  return int((picture == color).all(-1).sum())


@pytest.fixture
def lines(monkeypatch):
  """Collects the texts that are drawn, with their sizes."""
  drawn = []
  draw_text = labels.text.draw

  def spy(pen, place, line, color):
    drawn.append((''.join(p.run.text for p in line.pieces), line.pixels))
    draw_text(pen, place, line, color)

  monkeypatch.setattr(labels.text, 'draw', spy)
  return drawn


def test_captions_with_room_are_drawn_whole(lines):
  picture = draw(blank(), ['cat 0.90', 'dog 0.80'])
  assert picture.shape == (300, 400, 3)
  assert lines == [('cat 0.90', 11), ('dog 0.80', 11)]
  assert pixels(picture, RED) > 500


def test_captions_shrink_before_they_give_way(lines):
  boxes = [(50 * i, 120 * i + 50, 50 * i + 40, 120 * i + 70) for i in range(6)]
  picture = draw(blank(800, 800), ['a longer name 0.9'] * 6, boxes)
  assert picture.shape == (800, 800, 3)
  assert {size for _, size in lines} == {22}
  lines.clear()
  boxes = [
    (40 * i, 20 * j, 40 * i + 30, 20 * j + 9)
    for i in range(20)
    for j in range(2)
  ]
  picture = draw(blank(800, 240), ['a name'] * 40, boxes)
  assert picture.shape == (240, 800, 3)
  assert {size for _, size in lines} == {9}


def test_many_captions_are_numbers_with_a_legend(lines):
  boxes = [
    (15 * i % 290, 40 * (i // 20), 15 * i % 290 + 9, 40 * (i // 20) + 9)
    for i in range(60)
  ]
  texts = [f'cell number {i}' for i in range(60)]
  picture = draw(blank(320, 320), texts, boxes)
  assert picture.shape[0] > 320 and picture.shape[1] == 320
  numbers, legend = lines[:60], [words for words, _ in lines[60:]]
  assert sorted(int(words) for words, _ in numbers) == list(range(1, 61))
  assert legend[1::2] == texts
  assert legend[::2] == [str(i) for i in range(1, 61)]


def test_equal_texts_share_a_number(lines):
  texts = ['a class with a long name', 'another one'] * 20
  draw(
    blank(200, 200), texts, [(5 * i, 100, 5 * i + 4, 110) for i in range(40)]
  )
  assert {words for words, _ in lines[:40]} == {'1', '2'}
  assert [words for words, _ in lines[40:]] == ['1', texts[0], '2', texts[1]]


def test_the_picture_is_unchanged_above_its_legend():
  rng = np.random.default_rng(0)
  noise = rng.integers(0, 256, [40, 40, 3]).astype(np.uint8)
  out = draw(
    Image.fromarray(noise), ['a name of some length'], [(5, 20, 9, 24)]
  )
  assert out.shape[0] > 40 and out.shape[1] == 160
  changed = (out[:40, :40] != noise).any(-1)
  assert 0 < changed.sum() < 300
  assert (out[:40, 40:] == 255).all()


def test_a_long_text_continues_on_further_lines_of_the_legend(lines):
  words = 'word ' * 40
  picture = draw(blank(60, 60), [words])
  assert ''.join(words for words, _ in lines[2:]) == words
  assert len(lines) > 6 and picture.shape[1] == 160


def test_names_that_differ_at_their_end_have_different_pictures():
  long = 'x' * 300
  assert not np.array_equal(
    draw(blank(), [long + 'a']), draw(blank(), [long + 'b'])
  )


def test_numbers_have_the_colours_of_their_objects():
  entries = [
    labels.Label((0, 20, 9, 29), 'a name of some length', RED),
    labels.Label((30, 20, 39, 29), 'another of some length', BLUE),
  ]
  legend = np.array(labels.draw(blank(60, 40), entries))[40:]
  assert pixels(legend, RED) > 20 and pixels(legend, BLUE) > 20


def test_no_labels_change_nothing():
  np.testing.assert_array_equal(draw(blank(), []), np.array(blank()))


def test_captions_that_would_hide_the_picture_are_numbers(lines):
  boxes = [(0, 20 * i, 9, 20 * i + 5) for i in range(10)]
  draw(blank(200, 200), [f'a name that is long {i}' for i in range(10)], boxes)
  assert [words for words, _ in lines[:10]] == [str(i) for i in range(1, 11)]
