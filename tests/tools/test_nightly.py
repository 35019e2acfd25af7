"""The nightly runs every group, counts its tests and fails if one does."""

import nightly
import pytest

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
      {
        name: nightly.Group([*words, f'--rootdir={tmp_path}'], {})
        for name, words in arguments.items()
      },
    )
    return tmp_path

  return choose


def test_a_table_of_all_groups_after_a_failure(groups, capfd):
  folder = groups(bad=['-k', 'fails or errs or passes'], good=['-k', 'good'])
  for group in nightly.GROUPS.values():
    group.arguments.append(str(folder))
  assert nightly.main([]) == 1
  printed = capfd.readouterr().out
  assert '\n| bad | 1 | 2 | 0 | ' in printed
  assert '\n| good | 1 | 0 | 1 | ' in printed
  assert 'FAILED test_bad::test_fails' in printed
  assert 'FAILED test_bad::test_errs' in printed


def test_a_group_that_passes_is_status_0(groups, capfd):
  folder = groups(good=['-k', 'good'])
  nightly.GROUPS['good'].arguments.append(str(folder))
  assert nightly.main(['good']) == 0
  assert 'FAILED' not in capfd.readouterr().out


@pytest.mark.parametrize(
  ('words', 'reason'),
  [
    (['-k', 'is_skipped'], 'FAILED group: no test ran, 1 were skipped'),
    (['-k', 'nothing'], 'FAILED group: no test ran, 0 were skipped'),
    (['--no_such_option'], 'FAILED group: pytest ended with status 4'),
  ],
)
def test_a_group_without_a_result_fails(groups, capfd, words, reason):
  folder = groups(group=words)
  nightly.GROUPS['group'].arguments.append(str(folder))
  assert nightly.main([]) == 1
  assert reason in capfd.readouterr().out


def test_the_groups_are_the_marks_that_the_tests_leave_out(pytestconfig):
  (left_out,) = [
    word for word in pytestconfig.getini('addopts') if word.startswith('not')
  ]
  assert left_out == ' and '.join(f'not {n}' for n in sorted(nightly.GROUPS))


def test_an_unknown_group_is_refused(capsys):
  with pytest.raises(SystemExit):
    nightly.main(['weekly'])
  assert "got ['weekly']" in capsys.readouterr().err
