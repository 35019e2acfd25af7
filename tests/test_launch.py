"""The launch script: printed command, TPU VMs, retries, signals."""

import os
import pathlib
import shlex
import signal
import subprocess
import sys
import time

import pytest
import tensorflow as tf

from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import run_record

SCRIPT = pathlib.Path(__file__).parents[1] / 'experiments/launch.sh'
ODD = "a b'c$d"


@pytest.fixture
def launch(tmp_path):
  """Runs the script with fakes of the programs that it starts."""
  folder = tmp_path / 'bin'
  folder.mkdir()

  def run(*arguments, wait=True, **programs):
    for name, lines in programs.items():
      path = folder / name
      path.write_text(f'#!/bin/bash\n{lines}\n')
      path.chmod(0o755)
    environment = os.environ | {
      'PATH': f'{folder}:{os.environ["PATH"]}',
      'PYTHON': str(
        folder / 'python' if 'python' in programs else sys.executable
      ),
    }
    process = subprocess.Popen(
      [SCRIPT, *arguments],
      env=environment,
      cwd=tmp_path,
      stdout=subprocess.PIPE,
      stderr=subprocess.PIPE,
      text=True,
    )
    if wait:
      process.stdout, process.stderr = process.communicate()
    return process

  return run


def test_the_command_is_printed_and_run(launch, tmp_path):
  saved = tmp_path / 'arguments'
  done = launch(
    'smoke', ODD, f'--gin_params={ODD}', python=f'printf "%s\\n" "$@" >{saved}'
  )
  assert done.returncode == 0, done.stderr
  expected = [
    '-m',
    'copypaste_tf.train',
    '--gin_file=smoke',
    f'--model_dir={ODD}',
    f'--gin_params={ODD}',
  ]
  assert saved.read_text().splitlines() == expected
  assert shlex.split(done.stdout)[1:] == expected


@pytest.mark.parametrize(
  ('option', 'where', 'train'),
  [
    ('--tpu_vm=v', 'v', ['--strategy=tpu', '--tpu=local']),
    ('--tpu_slice=s', 's', ['--strategy=tpu', '--tpu=s']),
  ],
)
def test_the_script_runs_on_a_tpu_vm_through_ssh(
  launch, tmp_path, option, where, train
):
  # In place of ssh: the command is run by a shell, as ssh would.
  checkout = tmp_path / 'the checkout/experiments'
  checkout.mkdir(parents=True)
  (checkout / 'launch.sh').write_text('printf "%s\\n" "$@" "$TPU_LOAD_LIBRARY"')
  (checkout / 'launch.sh').chmod(0o755)
  done = launch(
    option,
    '--zone=z',
    '--checkout=the checkout',
    'smoke',
    f'gs://{ODD}',
    f'--gin_params={ODD}',
    gcloud='echo "$@"; for x; do [[ $x != --command=* ]] ||'
    ' bash -c "${x#--command=}"; done',
  )
  assert done.returncode == 0, done.stderr
  printed, asked, *there = done.stdout.splitlines()
  assert shlex.split(printed)[:2] == ['gcloud', 'compute']
  assert f'tpu-vm ssh {where} --zone=z --worker=0' in asked
  assert there[:-1] == ['smoke', f'gs://{ODD}', *train, f'--gin_params={ODD}']
  assert there[-1] == ('0' if 'slice' in option else '')


def test_a_dry_run_on_a_tpu_starts_nothing(launch):
  done = launch(
    '--dry_run', '--tpu_vm=v', 'smoke', 'gs://run', gcloud='echo started'
  )
  assert done.returncode == 0 and 'started' not in done.stdout


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    (['smoke'], 'expected RECIPE and MODEL_DIR'),
    (['--deploy', 'smoke', 'run'], '--deploy is no option'),
    (['--retries=many', 'smoke', 'run'], '--retries: expected a number'),
    (['--tpu_vm=v', 'smoke', 'run'], 'MODEL_DIR is gs://..., not run'),
    (['--tpu_vm=v', '--tpu_slice=s', 'smoke', 'gs://run'], 'not both'),
  ],
)
def test_unknown_arguments_start_nothing(launch, arguments, message):
  program = 'echo started >&2'
  done = launch(*arguments, python=program, gcloud=program)
  assert done.returncode == 2 and 'started' not in done.stderr
  assert message in done.stderr and '--help' in done.stderr


def test_help_lists_the_options(launch):
  done = launch('--help')
  assert done.returncode == 0 and 'RECIPE' in done.stdout


# Ends by a signal, then by a signal, then well; counts in a file.
TWICE = 'echo >>count; (($(wc -l <count) > 2)) || exit 143'


@pytest.mark.parametrize(
  ('retries', 'status', 'runs'), [(0, 143, 1), (1, 143, 2), (5, 0, 3)]
)
def test_a_failed_command_is_retried(launch, tmp_path, retries, status, runs):
  done = launch(
    f'--retries={retries}', 'smoke', 'run', python=TWICE, sleep='true'
  )
  assert done.returncode == status
  assert len((tmp_path / 'count').read_text().splitlines()) == runs


def test_an_error_of_the_run_is_not_retried(launch, tmp_path):
  done = launch(
    '--retries=5', 'smoke', 'run', python='echo >>count; exit 1', sleep='true'
  )
  assert done.returncode == 1
  assert len((tmp_path / 'count').read_text().splitlines()) == 1


@pytest.mark.parametrize('retries', [0, 5])
@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_a_signal_reaches_the_run_and_ends_the_script(
  launch, tmp_path, retries, number
):
  waits = 'trap "echo saved; exit 143" TERM INT; echo >>count; touch started'
  process = launch(
    f'--retries={retries}',
    'smoke',
    'run',
    wait=False,
    python=f'{waits}; while :; do /bin/sleep 0.1; done',
  )
  deadline = time.monotonic() + 20
  while not (tmp_path / 'started').exists():
    assert time.monotonic() < deadline and process.poll() is None
    time.sleep(0.05)
  process.send_signal(number)
  printed, _ = process.communicate(timeout=20)
  assert process.returncode == 143 and printed.endswith('saved\n')
  assert len((tmp_path / 'count').read_text().splitlines()) == 1


def _contents(folder):
  return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def recorded(tmp_path, shapes):
  """A folder with the record of a run of smoke, and the flags of that run."""
  records = [
    f'TRAIN_RECORDS = "{shapes}/train-*.tfrecord"',
    f'EVAL_RECORDS = "{shapes}/val-*.tfrecord"',
  ]
  folder = tmp_path / 'a run'
  resolved = gin_config.load(['smoke'], records)
  run_record.write(str(folder), resolved, overwrite=False)
  # Without a checkpoint it would be a start that failed.
  tf.train.Checkpoint(step=tf.Variable(0)).save(str(folder / 'ckpt'))
  return folder, [f'--gin_params={line}' for line in records]


@pytest.mark.slow
def test_the_folder_of_another_recipe_is_refused_and_unchanged(
  launch, recorded
):
  folder, records = recorded
  before = _contents(folder)
  done = launch('--dry_run', 'shapes_demo', str(folder), *records)
  assert done.returncode == 1 and 'Traceback' not in done.stderr
  assert 'holds a run of another config' in done.stderr
  assert 'trainer.train_steps: 4 -> 1000' in done.stderr
  assert _contents(folder) == before


@pytest.mark.thorough
def test_the_folder_of_the_same_recipe_is_accepted(launch, recorded):
  folder, records = recorded
  before = _contents(folder)
  done = launch('--dry_run', 'smoke', str(folder), *records)
  assert done.returncode == 0, done.stderr
  assert len(done.stdout.splitlines()) == 1
  assert _contents(folder) == before


@pytest.mark.thorough
def test_a_recipe_that_does_not_exist_is_refused(launch, tmp_path):
  done = launch('no_such_recipe', str(tmp_path / 'run'))
  assert done.returncode == 1 and 'Traceback' not in done.stderr
  assert 'no_such_recipe' in done.stderr
  assert not (tmp_path / 'run').exists()


@pytest.mark.thorough
def test_a_launched_run_trains_and_resumes(launch, shapes, tmp_path):
  options = [
    f'--gin_params=TRAIN_RECORDS = "{shapes}/train-*.tfrecord"',
    '--gin_params=IMAGE_SIZE = (64, 64)',
    '--gin_params=BATCH_SIZE = 2',
    '--mode=train',
  ]
  for _ in range(2):
    done = launch('smoke', str(tmp_path / 'a run'), *options)
    assert done.returncode == 0, done.stderr
    assert 'done at step 4' in done.stdout
  assert (tmp_path / 'a run/ckpt-4.index').exists()
