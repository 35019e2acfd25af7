"""Many shards are labelled as one run would, whoever and whatever stops."""

import contextlib
import glob
import multiprocessing
import os
import re
import time

import pytest
import tensorflow as tf
import tiny_teacher

from copypaste_tf import file_lock, whole_files
from copypaste_tf.file_lock import Lock, LockedError
from copypaste_tf.labelling import shard_files, shard_run, shares, teacher
from copypaste_tf.labelling.shard_run import GateError, Share
from copypaste_tf.labelling.thresholds import Thresholds


class Killed(BaseException):
  """Ends a run as a signal does: nothing of ours handles it."""


@pytest.fixture
def paths(tmp_path):
  return tiny_teacher.inputs(tmp_path)


@pytest.fixture
def whole(tmp_path, paths):
  """The files of a run that nobody stopped."""
  (tmp_path / 'whole').mkdir()
  tiny_teacher.label(tiny_teacher.job(tmp_path / 'whole', paths))
  files = tiny_teacher.outputs(tmp_path / 'whole')
  assert sorted(files) == [*_shards(3), 'out-manifest.json']
  return files


def _shards(count):
  return [f'out-{i:05d}-of-{count:05d}.tfrecord' for i in range(count)]


def kill_at(patch, module, name, count):
  """Lets a call be the last thing that a process does: it cleans nothing up."""
  function, calls = getattr(module, name), []

  def killed(*arguments, **knobs):
    calls.append(1)
    if len(calls) == count:
      patch.setattr(tf.io.gfile, 'remove', killed)
    if len(calls) >= count:
      raise Killed
    return function(*arguments, **knobs)

  patch.setattr(module, name, killed)


# Between these calls lie the moments that leave other files behind.
MOMENTS = {
  'in an image of the first shard': ('ahead', teacher, 1),
  'before the first state': ('write_json', shard_files, 1),
  'before the second state': ('write_json', shard_files, 2),
  'before the manifest': ('write_json', shard_files, 4),
  'before the states are removed': ('remove', whole_files, 14),
  'while the states are removed': ('remove', whole_files, 16),
  'before the locks are removed': ('remove_hidden', shard_files, 1),
}


@pytest.mark.parametrize('moment', MOMENTS)
def test_a_killed_run_goes_on_to_the_same_bytes(
  tmp_path, paths, whole, moment, monkeypatch
):
  name, module, count = MOMENTS[moment]
  job = tiny_teacher.job(tmp_path, paths)
  with monkeypatch.context() as patch:
    kill_at(patch, module, name, count)
    owner = file_lock._identity() | {'birth': 'of a process that has ended'}
    patch.setattr(file_lock, '_identity', lambda: owner)
    with pytest.raises(Killed):
      tiny_teacher.label(job)
  tiny_teacher.label(tiny_teacher.job(tmp_path, paths))
  assert tiny_teacher.outputs(tmp_path) == whole


@pytest.mark.thorough
@pytest.mark.slow
def test_twenty_kills_end_with_the_same_bytes(tmp_path):
  paths = tiny_teacher.inputs(tmp_path, (60, 40, 50, 80))
  (tmp_path / 'whole').mkdir()
  seconds = _run_apart(tmp_path / 'whole', paths)
  expected = tiny_teacher.outputs(tmp_path / 'whole')
  assert len(expected) == 5
  killed = 0
  for attempt in range(20):
    # At another moment each time, from the first file to the last one.
    if _run_apart(tmp_path, paths, seconds * (attempt + 0.5) / 20) is None:
      killed += 1
    else:  # Nothing is left to kill; start again.
      for path in glob.glob(f'{tmp_path}/out*'):
        os.remove(path)
  assert killed >= 10
  _run_apart(tmp_path, paths)
  found = tiny_teacher.outputs(tmp_path)
  hidden = [name for name in found if name.startswith('.out-manifest.json.')]
  assert {k: v for k, v in found.items() if k not in hidden} == expected


def _run_apart(folder, paths, killed_after=None):
  """Labels in another process, which is killed after so many seconds.

  Returns:
    The seconds from the first new file to the end; None for a killed process.
  """
  context = multiprocessing.get_context('forkserver')
  # The server knows no other path than that of the installed package.
  context.set_forkserver_preload(['copypaste_tf.labelling.shard_run'])
  before = set(os.listdir(folder))
  process = context.Process(target=tiny_teacher.run, args=(folder, paths))
  process.start()
  while process.is_alive() and not set(os.listdir(folder)) - before:
    time.sleep(0.005)
  began = time.monotonic()
  process.join(killed_after)
  if process.is_alive():
    process.kill()
    process.join()
    return None
  assert process.exitcode == 0
  return time.monotonic() - began


def test_workers_make_the_files_of_one_machine(tmp_path, paths, whole):
  for worker in (1, 0):
    share = Share(worker, 2)
    result = tiny_teacher.label(tiny_teacher.job(tmp_path, paths), share)
    done = _shards(3)[worker::2]
    assert {*done} <= {*tiny_teacher.outputs(tmp_path)}
    assert (result is None) == (worker == 1)
    assert shard_run.left(tiny_teacher.job(tmp_path, paths)) == 2 * worker
  assert tiny_teacher.outputs(tmp_path) == whole


def test_two_processes_share_the_shards(tmp_path, paths, whole):
  job = tiny_teacher.job(tmp_path, paths)
  with other_process(job, job.path(1)):  # Another one works on it.
    assert tiny_teacher.label(job) is None
    assert shard_run.left(job) == 1
  assert tiny_teacher.label(job) is not None
  assert tiny_teacher.outputs(tmp_path) == whole


def test_a_process_with_nothing_to_label_loads_no_model(tmp_path, paths):
  job = tiny_teacher.job(tmp_path, paths)
  with contextlib.ExitStack() as stack:
    for index in range(3):
      stack.enter_context(other_process(job, job.path(index)))
    judge = pytest.fail
    assert shard_run.label(job, pytest.fail, Share(), judge) is None


def other_process(job, prefix):
  """Holds a lock as a process of this job does."""
  return Lock(
    shard_files.lock_path(prefix), shares._place(job), shares._note(job)
  )


def test_another_way_is_refused_beside_a_process_at_work(tmp_path, paths):
  job = tiny_teacher.job(tmp_path, paths)
  other = tiny_teacher.job(tmp_path, paths, checkpoint='b')
  fewer = tiny_teacher.job(tmp_path, paths[:2])
  tiny_teacher.label(other)
  before = tiny_teacher.outputs(tmp_path)
  with other_process(other, other.path(2)):
    for refused in (job, fewer):
      with pytest.raises(LockedError, match='labels these files since'):
        tiny_teacher.label(refused, overwrite=True)
  assert tiny_teacher.outputs(tmp_path) == before
  assert tiny_teacher.label(job, overwrite=True)


def test_shards_of_another_way_are_not_those_of_a_job(tmp_path, paths):
  job = tiny_teacher.job(tmp_path, paths)
  other = tiny_teacher.job(tmp_path, paths, checkpoint='b')
  tiny_teacher.label(other)
  # As if it had gone on after a pause in which all had taken it for dead.
  assert shard_run.left(job) == 3 and shard_run.left(other) == 0
  assert shard_run._complete(job, lambda tally: []) is None


def test_a_finished_set_needs_no_model(tmp_path, paths, whole):
  tiny_teacher.label(tiny_teacher.job(tmp_path, paths))
  result = shard_run.label(
    tiny_teacher.job(tmp_path, paths), pytest.fail, Share(), lambda tally: []
  )
  assert result['num_examples'] == 8
  assert tiny_teacher.outputs(tmp_path) == whole


def test_a_lost_shard_of_a_finished_set_is_made_again(tmp_path, paths, whole):
  job = tiny_teacher.job(tmp_path, paths)
  tiny_teacher.label(job)
  os.remove(job.path(1))
  tiny_teacher.label(job)
  assert tiny_teacher.outputs(tmp_path) == whole


def test_a_finished_set_is_not_mixed_with_another(tmp_path, paths, whole):
  tiny_teacher.label(tiny_teacher.job(tmp_path, paths))
  other = tiny_teacher.job(tmp_path, paths, checkpoint='b')
  with pytest.raises(ValueError, match='checkpoint "a" instead of "b"'):
    tiny_teacher.label(other)
  assert tiny_teacher.outputs(tmp_path) == whole
  tiny_teacher.label(other, overwrite=True)
  assert tiny_teacher.outputs(tmp_path).keys() == whole.keys()
  assert tiny_teacher.outputs(tmp_path) != whole  # The manifest says so.


def test_a_gate_leaves_no_manifest(tmp_path, paths, whole):
  seen = []

  def judge(tally):
    seen.append(tally.counted.images)
    return ['too few', 'too strange']

  job = tiny_teacher.job(tmp_path, paths)
  with pytest.raises(GateError, match='too few\ntoo strange'):
    tiny_teacher.label(job, judge=judge)
  assert seen == [8] and shard_run.left(job) == 0
  assert 'out-manifest.json' not in tiny_teacher.outputs(tmp_path)
  tiny_teacher.label(job)
  assert tiny_teacher.outputs(tmp_path) == whole


def test_a_gate_stops_before_most_of_the_work(tmp_path, paths, monkeypatch):
  monkeypatch.setattr(shard_run, '_EARLY', 4)
  job = tiny_teacher.job(tmp_path, paths)
  with pytest.raises(GateError, match='4 images'):
    tiny_teacher.label(job, judge=lambda tally: [f'{tally.images} images'])
  assert shard_run.left(job) == 1


def test_a_gate_releases_the_lock_of_the_shard(tmp_path, paths, monkeypatch):
  monkeypatch.setattr(shard_run, '_EARLY', 1)
  job = tiny_teacher.job(tmp_path, paths)
  with pytest.raises(GateError, match='strange'):
    tiny_teacher.label(job, judge=lambda tally: ['strange'])
  assert not [p for p in tmp_path.iterdir() if p.name.startswith('.')]


def test_progress_has_a_line_for_each_shard(tmp_path, paths, capsys):
  job = tiny_teacher.job(tmp_path, paths, thresholds=Thresholds(0.99))
  tiny_teacher.label(job)
  lines = re.findall(
    r'shard (\d) of 3: (\d) images, 0 labels, [\d.]+ images/s, \d+s\n',
    capsys.readouterr().err,
  )
  assert lines == [('0', '3'), ('1', '1'), ('2', '4')]
