"""The history continues after an earlier session, also after a kill."""

import json
import types

import pytest

from copypaste_tf.training.run import history
from copypaste_tf.training.run.history import History


@pytest.fixture
def clock(monkeypatch):
  fixed = types.SimpleNamespace(now=100.0)
  fake = types.SimpleNamespace(monotonic=lambda: fixed.now)
  monkeypatch.setattr(history, 'time', fake)
  return fixed


def test_seconds_count_all_sessions(tmp_path, clock):
  path = tmp_path / 'history.jsonl'
  first = History(str(path))
  assert (first.rows, first.seconds, first.last('loss')) == ([], 0, {})
  clock.now += 10
  first.append(2, {'loss': 3.0})
  clock.now += 1000  # Killed, and started again.
  second = History(str(path))
  clock.now += 5
  second.append(4, {'box_ap': 0.5})
  assert (second.seconds, second.session_seconds) == (15, 5)
  rows = [json.loads(line) for line in path.read_text().splitlines()]
  assert rows == second.rows
  assert rows[0] == {'step': 2, 'seconds': 10.0, 'loss': 3.0}
  assert rows[1] == {'step': 4, 'seconds': 15.0, 'box_ap': 0.5}


def test_the_last_values_and_the_median_are_those_of_the_whole_run(tmp_path):
  path = tmp_path / 'history.jsonl'
  rows = [{'step': i, 'rate': r} for i, r in enumerate((1.0, 9.0, 5.0))]
  path.write_text(
    '\n'.join(map(json.dumps, [*rows, {'step': 2, 'ap': 1}, '']))[:-2]
  )
  again = History(str(path))
  assert again.median('rate') == 5.0
  assert again.median('loss') is None
  assert again.last('rate') == {'rate': 5.0}


def test_a_line_cut_off_by_a_kill_is_removed(tmp_path):
  path = tmp_path / 'history.jsonl'
  path.write_text('{"step": 2, "seconds": 7.5}\n{"step": 4, "sec')
  again = History(str(path))
  again.append(4, {'loss': 1.0})
  rows = [json.loads(line) for line in path.read_text().splitlines()]
  assert [row['step'] for row in rows] == [2, 4]
  assert rows[1]['seconds'] >= 7.5


def test_other_damage_is_an_error(tmp_path):
  path = tmp_path / 'history.jsonl'
  path.write_text('{"st\n{"step": 4}\n')
  with pytest.raises(ValueError, match=r'history\.jsonl is damaged'):
    History(str(path))
