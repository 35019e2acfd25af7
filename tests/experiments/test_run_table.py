"""The runner of a table: what it runs, and what it leaves to others."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

import cell_files
import pytest
from loaded_module import load

from experiments import cells

# A run of two arms that trains in seconds.
TINY = [
  'IMAGE_SIZE = (64, 64)',
  'BATCH_SIZE = 2',
  'EvalData.global_batch_size = 3',
  'TaskConfig.panels_every = 0',
  'TrainData.source_size = (96, 96)',
  'model.num_classes = 18',
  'schedule.train_steps = 4',
  'schedule.warmup_steps = 1',
  'experiment.log_every = 2',
  'experiment.checkpoint_every = 2',
]
CELLS = ('e1/none_240/0.1/1', 'e1/copy_paste_240/0.1/1')


@pytest.fixture(scope='module')
def runner():
  return load('experiments.run_table')


@pytest.fixture
def run(runner, tmp_path, capsys):
  """Runs the runner in this process; returns what it prints."""
  names, values = runner

  def main(*arguments):
    values(['verb', f'--output_dir={tmp_path}', *arguments])
    try:
      names['main']()
    finally:
      values.unparse_flags()
      for name in values:
        values[name].unparse()
    return capsys.readouterr().out

  return main


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    ([], '--table: expected one of 1, 2'),
    (['--table=12'], 'got 12'),
    (['--table=10', '--only=two'], 'no row .two., only none, one'),
    (['--table=10', '--seeds=a'], '--seeds: expected numbers, got a'),
    (['--table=10', '--fractions=0.5'], '--fractions: table 10 has none'),
    (['--table=10', '--shard=2/2'], '--shard: expected I/N'),
    (['--table=e1', '--image_dir=x'], 'expected all three or none'),
    (
      ['--table=e1', '--output_dir=gs://b/x'],
      '--output_dir: expected a folder',
    ),
  ],
)
def test_a_mistake_is_named_before_anything_runs(
  run, tmp_path, arguments, message
):
  with pytest.raises(ValueError, match=message):
    run(*arguments, '--dry_run')
  assert not [*tmp_path.iterdir()]


def test_a_dry_run_lists_states_and_commands_and_writes_nothing(run, tmp_path):
  printed = run('--table=8', '--only=lsj', '--seeds=3', '--dry_run')
  assert '[1/1] 8/lsj/1/3: missing' in printed
  assert '--gin_file=lvis_effb7_640_lsj' in printed
  assert 'TrainData.seed = 3' in printed
  assert not [*tmp_path.iterdir()]


def test_shards_share_the_cells(run):
  def paths(shard):
    printed = run('--table=8', '--dry_run', f'--shard={shard}')
    return [line.split()[1] for line in printed.splitlines() if line[:1] == '[']

  parts = [paths(f'{number}/5') for number in range(5)]
  assert sorted(sum(parts, [])) == sorted(paths('0/1'))
  assert [len(part) for part in parts] == [3, 3, 2, 2, 2]


def test_a_finished_cell_does_not_run_again_and_one_of_others_is_named(
  run, tmp_path
):
  lines = ['TrainData.seed = 3']
  done = cells.command('', 'lvis_effb7_640_lsj', lines)
  cell_files.write(tmp_path / '8/lsj/1/3', done)
  assert '8/lsj/1/3: done' in run('--table=8', '--only=lsj', '--seeds=3')
  with pytest.raises(SystemExit, match='8/lsj/1/3: other settings'):
    run('--table=8', '--only=lsj', '--seeds=3', '--gin_params=BATCH_SIZE = 2')


def test_a_cell_that_another_process_runs_is_left_to_it(run, tmp_path):
  with cells.lock(f'{tmp_path}/8/lsj/1/3/cell.lock'):
    printed = run('--table=8', '--only=lsj', '--seeds=3')
  assert '8/lsj/1/3: another process runs it' in printed


def test_a_cell_waits_for_the_one_that_it_starts_from(run, tmp_path):
  with (
    cells.lock(f'{tmp_path}/8/lsj/1/3/cell.lock'),
    pytest.raises(SystemExit, match='9/lsj/1/3: waits for 8/lsj, which is not'),
  ):
    run('--table=9', '--only=lsj', '--seeds=3')


def tiny(shapes, folder):
  """Returns the arguments of a tiny run of `CELLS`."""
  return [
    '--table=e1',
    '--only=none_240,copy_paste_240',
    '--seeds=1',
    '--fractions=0.1',
    f'--output_dir={folder}',
    f'--image_dir={shapes}/images',
    f'--annotations={shapes}/instances_train.json',
    f'--val_annotations={shapes}/instances_val.json',
    *(f'--gin_params={line}' for line in TINY),
  ]


@pytest.fixture
def start(shapes, tmp_path):
  """Starts a runner in a group of its own, which can be killed as a whole."""
  command = [sys.executable, '-m', 'experiments.run_table']
  started = []

  def start_one():
    process = subprocess.Popen(
      [*command, *tiny(shapes, tmp_path)],
      stdout=subprocess.PIPE,
      stderr=subprocess.STDOUT,
      text=True,
      start_new_session=True,
    )
    started.append(process)
    return process

  yield start_one
  for process in started:
    _kill(process)
    process.stdout.close()


@pytest.mark.thorough
def test_killed_runners_go_on_and_two_of_them_share_a_table(start, tmp_path):
  for moment in ('data/nuclei/val-manifest.json', f'{CELLS[0]}/ckpt-2.index'):
    killed = start()
    _wait_for(tmp_path / moment)
    _kill(killed)
  runners = [start(), start()]
  printed = ''.join(runner.communicate()[0] for runner in runners)
  assert [runner.returncode for runner in runners] == [0, 0], printed
  # Each cell was finished by one of them, and once.
  assert printed.count('done at step 4') == 2, printed
  for path in CELLS:
    rows = (tmp_path / path / 'history.jsonl').read_text().splitlines()
    assert len([row for row in rows if 'mask_ap' in row]) == 1


def _kill(process: subprocess.Popen):
  with contextlib.suppress(ProcessLookupError):
    os.killpg(process.pid, signal.SIGKILL)
  process.wait()


def _wait_for(path: pathlib.Path):
  deadline = time.monotonic() + 600  # Two busy cores compile for minutes.
  while not path.exists():
    assert time.monotonic() < deadline, f'{path} was not made'
    time.sleep(0.1)
