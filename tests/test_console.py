"""Long work is named and Orbit's prints are hidden."""

import io
import sys
import time

import pytest

from copypaste_tf import console
from copypaste_tf.console import Printer, quiet_orbit, saying


class Terminal(io.StringIO):
  def isatty(self):
    return True


@pytest.fixture(autouse=True)
def quick(monkeypatch):
  monkeypatch.setattr(console, '_FIRST', 0.05)
  monkeypatch.setattr(console, '_EVERY', 0.05)
  monkeypatch.setattr(console, '_TERMINAL_EVERY', 0.05)


def wait_for_lines(stream, count):
  deadline = time.monotonic() + 20
  while stream.getvalue().count('work:') < count:
    assert time.monotonic() < deadline, stream.getvalue()
    time.sleep(0.01)


def test_lines_of_orbit_are_not_printed(capsys):
  show = Printer(sys.stdout)
  with quiet_orbit():
    print('many lines of Orbit')
    show('one line of ours')
  assert capsys.readouterr().out == 'one line of ours\n'


def test_quick_work_prints_nothing(monkeypatch):
  monkeypatch.setattr(console, '_FIRST', 60)
  stream = io.StringIO()
  with saying('work', stream):
    pass
  assert stream.getvalue() == ''


def test_long_work_is_named_again_and_again_and_ends_with_its_time():
  stream = io.StringIO()
  with saying('work', stream):
    wait_for_lines(stream, 3)
  lines = stream.getvalue().splitlines()
  assert set(lines[:-1]) == {'work: 0s'}
  assert lines[-1] == 'work: 0s, done'
  time.sleep(0.2)
  assert stream.getvalue().splitlines() == lines


def test_progress_and_the_time_left_are_told(monkeypatch):
  stream = io.StringIO()
  with saying('work', stream) as activity:
    activity._began -= 30
    activity.update(10, 40, 'images')
    wait_for_lines(stream, 1)
  assert 'work: 30s, 10 of 40 images, 1m30s left' in stream.getvalue()


def test_a_terminal_shows_one_line():
  stream = Terminal()
  with saying('work', stream):
    wait_for_lines(stream, 2)
  text = stream.getvalue()
  assert text.count('\n') == 1 and text.endswith('work: 0s, done\n')
  assert text.startswith('\r\x1b[Kwork: 0s\r')


def test_only_the_innermost_work_speaks():
  outer, inner = io.StringIO(), io.StringIO()
  with saying('outer work', outer):
    with saying('work', inner):
      before = outer.getvalue()
      wait_for_lines(inner, 3)
      assert outer.getvalue() == before
    wait_for_lines(outer, 1)


def test_an_error_ends_the_lines():
  stream = io.StringIO()
  with pytest.raises(ValueError, match='a fault'), saying('work', stream):
    wait_for_lines(stream, 1)
    raise ValueError('a fault')
  assert 'done' not in stream.getvalue() and not console._running


@pytest.mark.parametrize(
  ('seconds', 'text'),
  [
    (-3, '0s'),
    (9.4, '9s'),
    (59.6, '1m00s'),
    (192, '3m12s'),
    (3599.7, '1h00m'),
    (7385, '2h03m'),
  ],
)
def test_durations_have_hours_minutes_and_seconds(seconds, text):
  assert console.duration(seconds) == text
