"""The mutation runner on a small project with real tests."""

import mutate
import pytest

MODULE = """
def half(a):
  return a // 2


def never(a):
  return a > 100
"""
TEST = """
from copypaste_tf.room import toy

def test_half():
  assert toy.half(3) == 1
  assert toy.half(4) == 2
"""


@pytest.fixture
def project(tmp_path):
  """Makes a checkout with one module and its test."""
  root = tmp_path / 'checkout'
  for path, text in {
    'copypaste_tf/room/toy.py': MODULE,
    'copypaste_tf/room/untested.py': 'x = 1 + 1\n',
    'tests/room/test_toy.py': TEST,
    'pytest.ini': '[pytest]\n',
  }.items():
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)
  return root


def test_modules_are_those_with_a_test(project):
  toy = project / 'copypaste_tf/room/toy.py'
  assert mutate.modules([project / 'copypaste_tf'], project) == [toy]


@pytest.mark.thorough  # It runs tests in processes of their own.
def test_mutants_that_pass_the_tests_are_listed(project, capsys):
  result = mutate.judge([project], 'copypaste_tf/room/toy.py', 0, 0)
  assert (result.module, result.tried) == ('copypaste_tf/room/toy.py', 5)
  # The test covers `half` and never calls `never`.
  survivors = [m.after for m in result.survivors]
  assert survivors == ['return (a >= 100)', 'return a > (101)']
  mutate.show_survivors(result)
  mutate.show_table([result])
  printed = capsys.readouterr().out
  assert 'line 7\n  - return a > 100\n  + return (a >= 100)\n' in printed
  assert '      5       3         2' in printed
  # The module is left as it was.
  assert (project / 'copypaste_tf/room/toy.py').read_text() == MODULE


def test_a_sample_depends_on_the_seed_alone(project):
  def tried(seed):
    source = (project / 'copypaste_tf/room/toy.py').read_text()
    return mutate.sample(mutate.mutants(source), 3, seed)

  assert tried(1) == tried(1)
  assert len(tried(1)) == 3
  assert any(tried(1) != tried(seed) for seed in range(2, 9))


@pytest.mark.parametrize(
  ('test', 'reason'),
  [
    (TEST.replace('== 1', '== 5'), 'the tests fail without a fault'),
    ('def test_nothing(): pass\n', 'the tests pass without the module'),
  ],
)
def test_tests_that_cannot_judge_are_refused(project, test, reason):
  (project / 'tests/room/test_toy.py').write_text(test)
  with pytest.raises(mutate.UnusableTestsError, match=reason):
    mutate.judge([project], 'copypaste_tf/room/toy.py', 1, 0)
