import logging
import os

import matplotlib
import pytest

from copypaste_tf.drawing import fonts

# A font without any letters but those of English.
ENGLISH = os.path.join(matplotlib.get_data_path(), 'fonts/ttf/cmr10.ttf')
NO_FONT = '\U00012345'  # A cuneiform sign.


@pytest.fixture
def only(monkeypatch):
  """Takes these fonts for all that there are."""

  def use(*paths):
    fonts.runs.cache_clear()
    fonts._font_of.cache_clear()
    monkeypatch.setattr(fonts, '_candidates', lambda: iter(paths))

  yield use
  fonts.runs.cache_clear()
  fonts._font_of.cache_clear()


@pytest.mark.parametrize('text', ['Zellkörper', 'клетка', 'خلية', 'κύτταρο'])
def test_european_and_arabic_letters_come_from_the_first_font(text):
  assert fonts.runs(text) == ((text, fonts.default()),)


def test_each_letter_takes_the_first_font_that_has_it(only):
  only(ENGLISH, fonts.default())
  assert fonts.runs('ab ж') == (
    ('ab ', ENGLISH),
    ('ж', fonts.default()),
  )


def test_a_letter_that_no_font_has_is_a_run_of_its_own(only):
  only(ENGLISH)
  assert fonts.runs('aжяb') == (
    ('a', ENGLISH),
    ('ж', None),
    ('я', None),
    ('b', ENGLISH),
  )


@pytest.mark.parametrize(
  'letter', ['\n', '\t', '\x00', '\u200b', '\u202e', '\xa0', '\u3164', '\ufe0f']
)
def test_letters_that_nobody_sees_have_no_font(letter):
  assert fonts.runs(letter) == ((letter, None),)


def test_a_font_that_draws_one_box_for_all_letters_is_no_font(only):
  boxes = os.path.join(
    matplotlib.get_data_path(), 'fonts/ttf/LastResortHE-Regular.ttf'
  )
  only(boxes)
  assert fonts.runs('人') == (('人', None),)


def test_fonts_that_cannot_be_read_are_passed_over(only, tmp_path):
  damaged = tmp_path / 'damaged.ttf'
  damaged.write_bytes(b'no font')
  only(str(damaged), str(tmp_path / 'gone.ttf'), fonts.default())
  assert fonts.runs('я') == (('я', fonts.default()),)


def test_fonts_of_packages_come_before_those_of_the_machine(
  tmp_path, monkeypatch
):
  package = tmp_path / 'letters'
  package.mkdir()
  for name in ('__init__.py', 'b.otf', 'a.ttf'):
    (package / name).touch()
  monkeypatch.syspath_prepend(str(tmp_path))
  monkeypatch.setattr(fonts, 'FONT_PACKAGES', ('letters', 'not_installed'))
  monkeypatch.setattr(fonts, '_installed', lambda: ('machine.ttf',))
  fonts._packaged.cache_clear()
  expected = [fonts.default(), *(str(package / n) for n in ('a.ttf', 'b.otf'))]
  assert list(fonts._candidates()) == [*expected, 'machine.ttf']
  fonts._packaged.cache_clear()


def test_regular_fonts_of_the_machine_come_first(monkeypatch):
  files = ['z/Sans-Bold.ttf', 'a/Sans-Regular.TTC', 'a/readme.pfb']
  monkeypatch.setattr('matplotlib.font_manager.findSystemFonts', lambda: files)
  fonts._installed.cache_clear()
  assert fonts._installed() == ('a/Sans-Regular.TTC', 'z/Sans-Bold.ttf')
  fonts._installed.cache_clear()


def test_a_missing_letter_is_told_with_the_remedy(only, caplog):
  only(ENGLISH)
  with caplog.at_level(logging.WARNING, 'absl'):
    fonts.runs('q' + NO_FONT)
  told = [message for message in caplog.messages if 'fonts]' in message]
  assert len(told) <= 1  # Once in a process.
  assert all('12345' in message for message in told)
