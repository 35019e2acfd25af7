import base64

import cv2
import numpy as np
from outline import Outline

from copypaste_tf.reporting import page


def test_document_links_to_its_sections():
  sections = [
    page.Section('one', 'First', 'About the first.', '<p>body 1</p>'),
    page.Section('two', 'Second', 'About the second.', '<p>body 2</p>'),
  ]
  outline = Outline(page.document('title', 'lead', [('1', 'a')], sections))
  targets = [attrs['href'] for attrs in outline.all('a')]
  anchors = [f'#{attrs["id"]}' for attrs in outline.all('section')]
  assert targets == anchors == ['#one', '#two']
  for text in ('lead', 'First', 'About the first.', 'body 2', '1', 'a'):
    assert text in outline.words


def test_document_needs_no_other_file():
  text = page.document('t', 'l', [], [page.Section('a', 'b', 'c', '')])
  outline = Outline(text)
  assert 'http' not in text
  assert not outline.all('link')
  assert not outline.all('script')


def test_plain_text_is_escaped_everywhere():
  evil = '<b>"$x" & y'
  parts = [
    page.document(evil, evil, [(evil, evil)], []),
    page.document('t', 'l', [], [page.Section('a', evil, evil, '')]),
    page.table([evil, evil], [[evil, '1']]),
    page.figure('data:,', evil, evil),
    page.note(evil, evil),
    page.details(evil, ''),
  ]
  for part in parts:
    assert '<b>"' not in part
    assert '&lt;b&gt;&quot;$x&quot; &amp; y' in part
    Outline(part)


def test_table_has_a_head_only_if_it_says_something():
  outline = Outline(page.table(['Name', 'AP'], [['disc', '<i>1.0</i>']]))
  assert outline.words == ['Name', 'AP', 'disc', '1.0']
  assert outline.all('td') == [{'class': 'number'}]
  bare = Outline(page.table(['', ''], [['a', 'b']]))
  assert not bare.all('thead')
  assert bare.all('td') == [{}]


def test_every_picture_has_an_alternative_text():
  (attrs,) = Outline(page.figure('data:,x', 'A curve.')).all('img')
  assert attrs['alt'] == 'A curve.'
  assert attrs['src'] == 'data:,x'


def decode(uri):
  kind, content = uri.split(',')
  assert kind == 'data:image/jpeg;base64'
  pixels = np.frombuffer(base64.b64decode(content), np.uint8)
  return cv2.imdecode(pixels, cv2.IMREAD_COLOR)[..., ::-1]


def test_photo_keeps_colours_and_shrinks_large_pictures():
  image = np.zeros([40, 60, 3], np.uint8)
  image[:] = (200, 100, 20)
  np.testing.assert_allclose(decode(page.photo(image)), image, atol=4)
  large = np.zeros([100, 3200, 3], np.uint8)
  assert decode(page.photo(large)).shape == (50, 1600, 3)
  thin = np.zeros([1, 4000, 3], np.uint8)
  assert decode(page.photo(thin)).shape == (1, 1600, 3)
