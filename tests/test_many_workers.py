"""Two worker processes of this machine train together by commands."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf
import tiny_run
import verbs

SMALL = [
  '--gin_file=smoke',
  '--gin_params=BATCH_SIZE = 2',
  '--gin_params=IMAGE_SIZE = (64, 64)',
  '--gin_params=EvalData.global_batch_size = 4',
  '--gin_params=TaskConfig.panels_every = 2',
  '--gin_params=experiment.log_every = 1',
  '--gin_params=schedule.drops = ()',
  '--params_override=task.model.norm_activation.use_sync_bn=true',
]


@pytest.fixture
def recipe(shapes_params):
  return [*SMALL, *(f'--gin_params={line}' for line in shapes_params)]


def ports(count):
  """Returns free ports."""
  sockets = [socket.socket() for _ in range(count)]
  for sock in sockets:
    sock.bind(('127.0.0.1', 0))
  numbers = [sock.getsockname()[1] for sock in sockets]
  for sock in sockets:
    sock.close()
  return numbers


def start(folder, index, hosts, *arguments):
  """Starts a worker with the temporary folder `folder/tmp{index}`."""
  temporary = folder / f'tmp{index}'
  temporary.mkdir(exist_ok=True)
  return subprocess.Popen(
    [
      *(sys.executable, '-m', 'copypaste_tf.train'),
      '--strategy=multi_worker_mirrored',
      f'--worker_hosts={",".join(hosts)}',
      f'--task_index={index}',
      f'--model_dir={folder}/model',
      *arguments,
    ],
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
    env={**os.environ, 'TMPDIR': str(temporary)},
  )


def start_two(folder, *arguments, **others):
  hosts = [f'127.0.0.1:{port}' for port in ports(2)]
  return [
    start(folder, i, hosts, *arguments, *others.get(f'of_{i}', ()))
    for i in range(2)
  ]


def ended(workers, code=0):
  """Waits for all workers; returns their output."""
  printed = [worker.communicate(timeout=400) for worker in workers]
  for worker, (_, error) in zip(workers, printed, strict=True):
    assert worker.returncode == code, error
  return printed


def start_tiny(folder, index, hosts, params):
  task = {'type': 'worker', 'index': index}
  config = {'cluster': {'worker': hosts}, 'task': task}
  return subprocess.Popen(
    tiny_run.command(folder, -1, 'multi_worker_mirrored', params),
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
    env={**os.environ, 'TF_CONFIG': json.dumps(config)},
  )


@pytest.mark.thorough
@pytest.mark.slow
def test_two_workers_read_different_records_and_get_equal_weights(
  shapes_params, tmp_path
):
  hosts = [f'127.0.0.1:{port}' for port in ports(2)]
  ended([start_tiny(tmp_path, i, hosts, shapes_params) for i in range(2)])
  read = [tiny_run.ids(tmp_path, worker) for worker in (0, 1)]
  assert [step for step, _ in read[0]] == list(range(tiny_run.STEPS))
  # 16 records, 3 per step and worker: the first epoch contains two steps.
  first = [{x for _, ids in steps[:2] for x in targets(ids)} for steps in read]
  assert len(first[0]) == len(first[1]) == 6 and not first[0] & first[1]
  weights = [
    list(np.load(tmp_path / f'weights{worker}.npz').values())
    for worker in (0, 1)
  ]
  for chief, other in zip(*weights, strict=True):
    np.testing.assert_array_equal(chief, other)
    assert chief.any()


def targets(ids):
  """Returns the ids of the target images."""
  return [target for replica in ids for target, _ in replica]


@pytest.mark.thorough
@pytest.mark.slow
def test_two_workers_train_evaluate_and_resume_together(recipe, tmp_path):
  model = tmp_path / 'model'
  printed = ended(
    start_two(
      tmp_path,
      *recipe,
      '--mode=train_and_eval',
      '--gin_params=schedule.train_steps = 2',
    )
  )
  for i, (_, error) in enumerate(printed):
    assert f'over 2 CPUs, 1 image each, float32, worker {i} of 2' in error
  assert 'step 2/2' in printed[0][0] and 'step 2/2' not in printed[1][0]
  rows = [
    json.loads(line) for line in (model / 'history.jsonl').open().readlines()
  ]
  assert [row['step'] for row in rows] == [1, 2, 2], 'written once'
  versions = json.loads((model / 'versions.json').read_text())
  assert versions['replicas'] == 2 and versions['workers'] == 2
  assert len(list((model / 'train').glob('events*'))) <= 2
  assert not list((tmp_path / 'tmp1').iterdir()), 'temporary files were deleted'
  evaluated = evaluate(model)
  results = json.loads((model / 'results.json').read_text())['eval']
  assert {name: evaluated[name] for name in results} == pytest.approx(
    results, abs=1e-3
  ), 'metrics cover the images of all workers'

  longer = ['--overwrite_record', '--mode=train', *recipe]
  longer += ['--gin_params=schedule.train_steps = 3']
  out, _ = ended(start_two(tmp_path, *longer))[0]
  assert out.splitlines()[0].startswith('step 3/3'), 'all resumed from step 2'
  before, after = (
    tiny_run.values(model / 'ckpt-2'),
    tiny_run.values(model / 'ckpt-3'),
  )
  assert before.keys() == after.keys()
  moved = [not np.array_equal(x, after[name]) for name, x in before.items()]
  assert np.mean(moved) > 0.5


def evaluate(model):
  """Evaluates with a single worker."""
  path = model.parent / 'metrics.json'
  verbs.succeed(
    'copypaste_tf.evaluate',
    *(f'--model_dir={model}', f'--metrics={path}'),
    f'--output={model.parent}/again.json',
  )
  return json.loads(path.read_text())


@pytest.mark.thorough
@pytest.mark.slow
def test_sigterm_to_one_worker_saves_and_ends_all(recipe, tmp_path):
  steps = '--gin_params=schedule.train_steps = 30'
  arguments = [*recipe, '--mode=train', steps]
  workers = start_two(tmp_path, *arguments)
  history = tmp_path / 'model/history.jsonl'
  while not history.exists():
    assert all(worker.poll() is None for worker in workers)
    time.sleep(0.2)
  workers[1].send_signal(signal.SIGTERM)
  printed = ended(workers, code=143)
  assert 'saved; the same command goes on' in printed[0][0]
  last = tf.train.latest_checkpoint(str(tmp_path / 'model'))
  assert 1 <= int(last.split('-')[-1]) < 30


@pytest.mark.thorough
@pytest.mark.slow
def test_workers_with_different_flags_are_an_error(recipe, tmp_path):
  printed = ended(
    start_two(tmp_path, *recipe, of_1=['--gin_params=TrainData.seed = 5']),
    code=1,
  )
  for _, error in printed:
    assert 'worker 1 was started with another config than worker 0' in error
    assert 'task.train_data.seed' in error and 'Traceback' not in error
  assert not (tmp_path / 'model').exists()
