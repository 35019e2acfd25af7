"""Files appear whole or not at all."""

import os

import pytest

from tfrecord_tools import atomic


def test_the_written_file_itself_is_moved_into_place(tmp_path):
  path = tmp_path / 'x'
  with atomic.replacing(str(path)) as temporary:
    with open(temporary, 'wb') as file:
      file.write(b'new')
    assert not path.exists()
    assert os.path.dirname(temporary) == str(tmp_path)
    inode = os.stat(temporary).st_ino
  assert path.read_bytes() == b'new'
  assert path.stat().st_ino == inode
  assert os.listdir(tmp_path) == ['x']


def test_a_failure_keeps_the_earlier_file(tmp_path):
  path = tmp_path / 'x'
  atomic.write_bytes(str(path), b'old')

  def fail(temporary):
    with open(temporary, 'wb') as file:
      file.write(b'half')
    raise RuntimeError('stop')

  with (
    pytest.raises(RuntimeError, match='stop'),
    atomic.replacing(str(path)) as temporary,
  ):
    fail(temporary)
  assert path.read_bytes() == b'old'
  assert os.listdir(tmp_path) == ['x']
