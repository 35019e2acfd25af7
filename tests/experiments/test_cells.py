"""A cell: its lock, its state by its files, and its command."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import cell_files
import pytest

from experiments import cells

TRAINING = cells.command('F', 'smoke', ["TRAIN_RECORDS = 'a'", 'X.y = 1'])


def test_a_cell_is_done_when_its_last_step_is_evaluated(tmp_path):
  folder = tmp_path / 'cell'
  assert cells.state(folder, TRAINING) == cells.MISSING
  cell_files.write(folder, TRAINING)
  assert cells.state(folder, TRAINING) == cells.DONE
  for unfinished in ({'step': 7}, {'evaluated': False}):
    cell_files.write(folder, TRAINING, **unfinished)
    assert cells.state(folder, TRAINING) == cells.BEGUN
  (folder / 'results.json').unlink()
  assert cells.state(folder, TRAINING) == cells.BEGUN


@pytest.mark.parametrize('name', ['results.json', 'params.yaml'])
def test_a_file_that_was_cut_off_is_not_a_finished_run(tmp_path, name):
  folder = tmp_path / 'cell'
  cell_files.write(folder, TRAINING)
  (folder / name).write_text('{"step": [8')
  assert cells.state(folder, TRAINING) != cells.DONE


def test_a_finished_run_of_other_bindings_is_not_taken_for_this_one(tmp_path):
  folder = tmp_path / 'cell'
  cell_files.write(folder, TRAINING)
  other = cells.command('F', 'smoke', ["TRAIN_RECORDS = 'a'", 'X.y = 2'])
  assert cells.state(folder, other) == cells.OTHER
  moved = cells.command('G', 'smoke', ["TRAIN_RECORDS = 'b'", 'X.y = 1'])
  assert cells.state(folder, moved) == cells.DONE


def test_one_process_at_a_time_holds_a_lock(tmp_path):
  path = str(tmp_path / 'new' / 'cell.lock')
  with cells.lock(path) as first, cells.lock(path) as second:
    assert first is not None and second is None
  with cells.lock(path) as again:
    assert again is not None


@pytest.fixture
def runner(tmp_path):
  """A process with a command that runs until it is ended, and a lock."""
  process = subprocess.Popen(
    [
      *(sys.executable, '-u', '-c'),
      'import sys; from experiments import cells\n'
      'with cells.lock(sys.argv[1]) as held:\n'
      '  cells.call(["http.server", "--bind=127.0.0.1", "0"], held)',
      str(tmp_path / 'cell.lock'),
    ],
    stdout=subprocess.PIPE,
    stderr=subprocess.DEVNULL,
    text=True,
    start_new_session=True,
    env=os.environ | {'PYTHONUNBUFFERED': '1'},
  )
  assert 'python -m http.server' in process.stdout.readline()
  assert 'Serving' in process.stdout.readline()
  yield process
  with contextlib.suppress(ProcessLookupError):
    os.killpg(process.pid, signal.SIGKILL)
  process.stdout.close()


def is_free(path):
  with cells.lock(str(path)) as held:
    return held is not None


def test_a_command_keeps_the_lock_of_a_runner_that_was_killed(tmp_path, runner):
  runner.kill()
  runner.wait()
  assert not is_free(tmp_path / 'cell.lock')
  os.killpg(runner.pid, signal.SIGKILL)
  deadline = time.monotonic() + 10
  while not is_free(tmp_path / 'cell.lock'):
    assert time.monotonic() < deadline


def test_a_runner_that_is_asked_to_end_ends_its_command(tmp_path, runner):
  runner.terminate()
  assert runner.wait() == 128 + signal.SIGTERM
  assert is_free(tmp_path / 'cell.lock')


def test_the_status_of_a_command_is_returned(tmp_path, capfd):
  with cells.lock(str(tmp_path / 'cell.lock')) as held:
    assert cells.call(['json.tool', '--help'], held) == 0
    assert cells.call(['json.tool', '--no_such_flag'], held) == 2
  assert 'python -m json.tool --help' in capfd.readouterr().out
