"""Names from a data set cannot control a terminal."""

from copypaste_tf import printable


def test_letters_of_all_languages_stay():
  for text in ('', 'a b\\n', 'Großmut 猫 кот', "it's"):
    assert printable.escape(text) == text


def test_what_controls_a_terminal_or_hides_is_escaped():
  assert printable.escape('a\x1b[31m\r\n') == 'a\\x1b[31m\\r\\n'
  assert printable.escape('x\u202egpj.exe') == 'x\\u202egpj.exe'
  assert printable.escape('\ud800\x00\x9b') == '\\ud800\\x00\\x9b'


def test_escaping_twice_changes_nothing():
  once = printable.escape('\x07 \U000e0001 \\')
  assert printable.escape(once) == once
