"""A cell: its lock, its state by its files, and its command."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import yaml

from experiments import cells

TRAINING = cells.command('F', 'smoke', ["TRAIN_RECORDS = 'a'", 'X.y = 1'])


def write(folder, *, step=8, evaluated=True, command=TRAINING):
  """Writes the files of a run of eight steps that `state` reads."""
  folder.mkdir(exist_ok=True)
  params = {'trainer': {'train_steps': 8}}
  (folder / 'params.yaml').write_text(yaml.safe_dump(params))
  versions = {'command': ['train.py', *command[1:]]}
  (folder / 'versions.json').write_text(json.dumps(versions))
  evaluation = {'mask_ap': 0.5} if evaluated else {}
  results = {'step': step, 'eval': evaluation}
  (folder / 'results.json').write_text(json.dumps(results))


def test_a_cell_is_done_when_its_last_step_is_evaluated(tmp_path):
  folder = tmp_path / 'cell'
  assert cells.state(folder, TRAINING) == cells.MISSING
  write(folder)
  assert cells.state(folder, TRAINING) == cells.DONE
  for unfinished in ({'step': 7}, {'evaluated': False}):
    write(folder, **unfinished)
    assert cells.state(folder, TRAINING) == cells.BEGUN
  (folder / 'results.json').unlink()
  assert cells.state(folder, TRAINING) == cells.BEGUN


@pytest.mark.parametrize('name', ['results.json', 'params.yaml'])
def test_a_file_that_was_cut_off_is_not_a_finished_run(tmp_path, name):
  folder = tmp_path / 'cell'
  write(folder)
  (folder / name).write_text('{"step": [8')
  assert cells.state(folder, TRAINING) != cells.DONE


def test_a_finished_run_of_other_bindings_is_not_taken_for_this_one(tmp_path):
  folder = tmp_path / 'cell'
  write(folder)
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


def test_a_command_keeps_the_lock_of_a_runner_that_was_killed(tmp_path):
  path = str(tmp_path / 'cell.lock')
  runner = subprocess.Popen(
    [
      sys.executable,
      '-c',
      'import sys; from experiments import cells\n'
      'with cells.lock(sys.argv[1]) as held:\n'
      '  cells.call(["http.server", "--bind=127.0.0.1", "0"], held)',
      path,
    ],
    stdout=subprocess.PIPE,
    start_new_session=True,
  )
  assert b'http.server' in runner.stdout.readline()
  runner.stdout.readline()  # The server speaks once it runs.
  runner.kill()
  runner.wait()
  try:
    with cells.lock(path) as held:
      assert held is None
  finally:
    os.killpg(runner.pid, signal.SIGKILL)
  runner.stdout.close()
  for _ in range(100):
    with cells.lock(path) as held:
      if held is not None:
        return
    time.sleep(0.05)
  raise AssertionError('nobody runs, but the lock is held')


def test_the_status_of_a_command_is_returned(tmp_path, capfd):
  with cells.lock(str(tmp_path / 'cell.lock')) as held:
    assert cells.call(['json.tool', '--help'], held) == 0
    assert cells.call(['json.tool', '--no_such_flag'], held) == 2
  assert 'python -m json.tool --help' in capfd.readouterr().out
