"""Errors of a full disk, simulated by a limit on the size of files."""

import contextlib
import resource

import pytest
import tensorflow as tf
import tiny_run

from copypaste_tf.training.run.disk import DiskFullError, full_disk_errors


@contextlib.contextmanager
def small_files(limit):
  before = resource.getrlimit(resource.RLIMIT_FSIZE)
  try:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    yield
  finally:
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_checkpoint_without_space_is_one_line(tmp_path):
  items = tf.train.Checkpoint(variable=tf.Variable(tf.zeros([100_000])))
  manager = tf.train.CheckpointManager(items, str(tmp_path), max_to_keep=2)
  manager.save(3)
  with (
    pytest.raises(DiskFullError) as caught,
    full_disk_errors(str(tmp_path)),
    small_files(10_000),
  ):
    manager.save(6)
  message = str(caught.value)
  assert '\n' not in message
  assert 'ckpt-6_temp/' in message and 'File too large' in message
  assert 'A checkpoint takes 0.000 GiB. There are ' in message
  assert message.endswith(f'the same command goes on from {tmp_path}/ckpt-3')


def test_errors_of_python_files_are_translated_and_others_pass(tmp_path):
  with (
    pytest.raises(DiskFullError, match='File too large'),
    full_disk_errors(str(tmp_path)),
    small_files(10),
    open(tmp_path / 'x', 'w') as file,
  ):
    file.write('y' * 100)
    file.flush()
  with pytest.raises(FileNotFoundError), full_disk_errors(str(tmp_path)):
    (tmp_path / 'none').read_text()
  with pytest.raises(tf.errors.NotFoundError), full_disk_errors(str(tmp_path)):
    tf.io.read_file(str(tmp_path / 'none'))


@pytest.mark.thorough
def test_a_run_resumes_when_there_is_space_again(shapes_params, tmp_path):
  whole, resumed = tmp_path / 'whole', tmp_path / 'resumed'
  whole.mkdir()
  resumed.mkdir()
  tiny_run.run(whole, shapes_params)
  with contextlib.ExitStack() as full:

    def fill(step):
      if step == 7:
        full.enter_context(small_files(100))

    with pytest.raises(DiskFullError, match='goes on from .*ckpt-6'):
      tiny_run.run(resumed, shapes_params, fill)
  tiny_run.run(resumed, shapes_params)
  tiny_run.assert_same_weights(whole, resumed)
