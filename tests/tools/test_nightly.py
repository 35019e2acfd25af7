"""The nightly runs all files of all groups, counts tests, fails if one does."""

import functools

import nightly
import pytest

RUN = nightly.run

TESTS = """
import pytest

def test_passes():
  pass

@pytest.mark.skip
def test_is_skipped():
  pass
"""
FAILING = """
def test_fails():
  raise ValueError

def test_errs(no_such_fixture):
  pass
"""


@pytest.fixture
def groups(tmp_path, monkeypatch):
  """Groups of real tests in a folder, run in place of our own."""
  (tmp_path / 'pytest.ini').write_text('[pytest]\n')
  (tmp_path / 'test_good.py').write_text(TESTS)
  (tmp_path / 'test_bad.py').write_text(FAILING)

  def choose(**arguments):
    monkeypatch.setattr(
      nightly,
      'GROUPS',
      {name: nightly.Group(words, {}) for name, words in arguments.items()},
    )
    monkeypatch.setattr(nightly, 'run', functools.partial(RUN, root=tmp_path))

  return choose


def test_a_table_of_all_groups_after_a_failure(groups, capfd):
  groups(bad=['-k', 'fails or errs or passes'], good=['-k', 'good'])
  assert nightly.main([]) == 1
  printed = capfd.readouterr().out
  assert '\n| bad | 1 | 2 | 0 | ' in printed
  assert '\n| good | 1 | 0 | 1 | ' in printed
  assert 'FAILED test_bad::test_fails' in printed
  assert 'FAILED test_bad::test_errs' in printed


def test_a_group_that_passes_is_status_0(groups, capfd):
  groups(good=['-k', 'good'])
  assert nightly.main(['good']) == 0
  assert 'FAILED' not in capfd.readouterr().out


@pytest.mark.parametrize(
  ('words', 'reason'),
  [
    (['-k', 'is_skipped'], 'FAILED group: no test passed, 1 were skipped'),
    (['-k', 'nothing'], 'FAILED group: no test passed, 0 were skipped'),
    (['--no_such_option'], 'FAILED group: pytest ended with status 4'),
  ],
)
def test_a_group_without_a_result_fails(groups, capfd, words, reason):
  groups(group=words)
  assert nightly.main([]) == 1
  assert reason in capfd.readouterr().out


def test_a_file_whose_process_dies_fails_alone(groups, capfd, tmp_path):
  dying = 'import os\n\n\ndef test_dies():\n  os._exit(137)\n'
  (tmp_path / 'test_dying.py').write_text(dying)
  groups(group=['-k', 'dies or passes'])
  assert nightly.main([]) == 1
  printed = capfd.readouterr().out
  assert '\n| group | 1 | 1 | 0 | ' in printed
  reason = 'pytest ended with status 137, without a report'
  assert f'FAILED test_dying.py: {reason}' in printed


def test_the_groups_are_the_marks_that_the_tests_leave_out(pytestconfig):
  (left_out,) = [
    word for word in pytestconfig.getini('addopts') if word.startswith('not')
  ]
  assert left_out == ' and '.join(f'not {n}' for n in sorted(nightly.GROUPS))


def test_an_unknown_group_is_refused(capsys):
  with pytest.raises(SystemExit):
    nightly.main(['weekly'])
  assert "got ['weekly']" in capsys.readouterr().err
