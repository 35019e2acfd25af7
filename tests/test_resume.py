"""A run that is killed and resumed equals one without interruption."""

import json
import random
import signal
import subprocess
import time

import pytest
import tiny_run


@pytest.mark.slow
def test_a_resumed_run_equals_an_uninterrupted_one(
  request, shapes_params, tmp_path
):
  strategy = request.config.getoption('--strategy')
  whole, resumed = tmp_path / 'whole', tmp_path / 'parts'
  whole.mkdir()
  resumed.mkdir()
  traced = run_to_the_end(whole, strategy, shapes_params)
  assert traced == [*range(len(traced))], (
    'each replica is traced once in 12 loops'
  )
  killed = tiny_run.run_apart(resumed, 5, strategy, shapes_params)
  assert killed.returncode == -signal.SIGKILL, killed.stderr
  run_to_the_end(resumed, strategy, shapes_params)
  check_equal(whole, resumed)


@pytest.mark.thorough
@pytest.mark.slow
def test_a_resumed_run_of_two_replicas_equals_an_uninterrupted_one(
  shapes_params, tmp_path
):
  whole, resumed = tmp_path / 'whole', tmp_path / 'parts'
  for folder, step, code in (
    (whole, -1, 0),
    (resumed, 5, -signal.SIGKILL),
    (resumed, -1, 0),
  ):
    folder.mkdir(exist_ok=True)
    done = tiny_run.run_apart(folder, step, 'mirrored', shapes_params)
    assert done.returncode == code, done.stderr
  check_equal(whole, resumed)
  _, first = tiny_run.ids(whole)[0]
  assert len(first) == 2, 'of two replicas'


@pytest.mark.thorough
@pytest.mark.slow
def test_kills_at_any_moment_change_nothing(shapes_params, tmp_path):
  # The run spends most of its time on writing checkpoints.
  steps, params = 60, [*shapes_params, 'experiment.checkpoint_every = 1']
  params.append(f'schedule.train_steps = {steps}')
  whole, resumed = tmp_path / 'whole', tmp_path / 'parts'
  whole.mkdir()
  resumed.mkdir()
  done = tiny_run.run_apart(whole, -1, 'one_device', params)
  assert done.returncode == 0, done.stderr
  delays, kills = random.Random(0), 0
  while killed_soon(resumed, params, delays.uniform(0, 1)):
    kills += 1
  assert kills >= 3
  expected, actual = dict(tiny_run.ids(whole)), tiny_run.ids(resumed)
  assert {step for step, _ in actual} == set(range(steps))
  assert all(batch == expected[step] for step, batch in actual)
  tiny_run.assert_same_weights(whole, resumed)


@pytest.mark.thorough
@pytest.mark.slow
def test_a_resumed_run_of_two_sets_equals_an_uninterrupted_one(
  shapes_params, tmp_path
):
  """The sets differ in length, so their epochs end at different steps."""
  params = [
    *shapes_params,
    'BATCH_SIZE = 4',
    'TrainData.input_path = ""',
    'TrainData.sets = [@one/RecordSet(), @two/RecordSet()]',
    'one/RecordSet.path = %TRAIN_RECORDS',
    'two/RecordSet.path = %EVAL_RECORDS',
    'RecordSet.share = 0.5',
    'two/RecordSet.pasted_from = False',
  ]
  whole, resumed = tmp_path / 'whole', tmp_path / 'parts'
  whole.mkdir()
  resumed.mkdir()
  tiny_run.run(whole, params)
  killed = tiny_run.run_apart(resumed, 5, 'one_device', params)
  assert killed.returncode == -signal.SIGKILL, killed.stderr
  tiny_run.run(resumed, params)
  check_equal(whole, resumed)


def run_to_the_end(folder, strategy, params):
  """Runs to the end, with `mirrored` in a process of its own.

  In one process, the all-reduces of two strategies get the same numbers, and
  TensorFlow fails if their shapes differ.
  """
  if strategy != 'mirrored':
    return tiny_run.run(folder, params, strategy=strategy)
  done = tiny_run.run_apart(folder, -1, strategy, params)
  assert done.returncode == 0, done.stderr
  return json.loads(done.stdout.splitlines()[-1])


def killed_soon(folder, params, delay):
  """Resumes a run; kills it `delay` seconds after a step, if it still runs."""
  log = folder / 'ids.jsonl'
  before = log.stat().st_size if log.exists() else 0
  process = subprocess.Popen(tiny_run.command(folder, -1, 'one_device', params))
  while process.poll() is None:
    if log.exists() and log.stat().st_size > before:
      time.sleep(delay)
      process.kill()
      break
    time.sleep(0.005)
  assert process.wait() in (0, -signal.SIGKILL)
  return process.returncode != 0


def check_equal(whole, resumed):
  expected, actual = tiny_run.ids(whole), tiny_run.ids(resumed)
  assert [step for step, _ in expected] == list(range(tiny_run.STEPS))
  # The last checkpoint was written after 3 steps.
  steps = [*range(6), *range(3, tiny_run.STEPS)]
  assert [step for step, _ in actual] == steps
  assert actual == [expected[step] for step in steps]
  assert len({str(batch) for _, batch in expected}) == tiny_run.STEPS

  tiny_run.assert_same_weights(whole, resumed)
