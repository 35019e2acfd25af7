import importlib.util
import json
import stat

import pytest

from copypaste_tf.tpu import compiler

FOUND = {'devices': 8, 'kind': 'TPU v3', 'cores_per_device': 1}


@pytest.fixture
def python(tmp_path):
  """Makes interpreters that run a line of shell, whatever they are told."""

  def make(line):
    path = tmp_path / 'python'
    path.write_text(f'#!/bin/sh\n{line}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)

  return make


def test_the_last_line_counts(python):
  made = python(f"echo 'a warning'; echo '{json.dumps(FOUND)}'")
  assert compiler.describe('v3:2x2', made) == FOUND


def test_the_module_comes_in_a_file(python):
  # The arguments: -P, the script, the topology, the file.
  made = python(
    """printf '{"devices": 8, "topology": "%s", "module": "%s"}' """
    '"$3" "$(cat $4)"'
  )
  found = compiler.compile_for('v3:2x2', b'a module', made)
  assert (found['topology'], found['module']) == ('v3:2x2', 'a module')


def test_progress_is_told(python, monkeypatch):
  monkeypatch.setattr(compiler, '_EVERY', 0.05)
  seen = []
  made = python(f"sleep 0.4; echo '{json.dumps(FOUND)}'")
  compiler.compile_for('v3:2x2', b'', made, progress=seen.append)
  assert len(seen) >= 2 and seen == sorted(seen)


@pytest.mark.parametrize(
  ('line', 'message'),
  [
    ('echo oh >&2; echo no >&2; exit 3', 'status 3; the last line: no'),
    ('kill -9 $$', 'status -9; out of memory'),
    ("""echo '{"error": "no topology"}'""", 'no topology'),
    (
      """echo '{"error": "No module jax", "missing": true}'""",
      r"no TPU compiler .*pip install 'jax\[tpu\]==.*--python",
    ),
  ],
)
def test_what_goes_wrong_is_one_line(python, line, message):
  with pytest.raises(ValueError, match=message) as error:
    compiler.describe('v3:2x2', python(line))
  assert '\n' not in str(error.value)


def test_a_python_that_is_not_there():
  with pytest.raises(ValueError, match='--python=/no/python does not run'):
    compiler.describe('v3:2x2', '/no/python')


@pytest.mark.skipif(
  importlib.util.find_spec('jax') is not None, reason='the compiler is here'
)
def test_the_compiler_is_an_extra():
  with pytest.raises(ValueError, match='has no TPU compiler'):
    compiler.describe('v3:2x2')
