"""Raw records come in order; files that cannot be read are named."""

import pytest
import serialized

from copypaste_tf.records import files


def test_files_in_the_given_order_with_indices(tmp_path):
  b = serialized.write(tmp_path / 'b', [b'one', b'two'])
  a = serialized.write(tmp_path / 'a', [b'three'])
  assert list(files.read_serialized([b, a])) == [
    (b, 0, b'one'),
    (b, 1, b'two'),
    (a, 0, b'three'),
  ]
  assert list(files.read_serialized([])) == []


def test_truncated_corrupt_and_missing_files(tmp_path):
  path = tmp_path / 'cut.tfrecord'
  serialized.write(path, [bytes(300)] * 3)
  whole = path.read_bytes()
  path.write_bytes(whole[:-40])
  with pytest.raises(ValueError, match=r'cut.tfrecord: record 2: .*truncated'):
    list(files.read_serialized([path]))
  path.write_bytes(whole[:200] + b'?' + whole[201:])
  with pytest.raises(ValueError, match=r'cut.tfrecord: record 0'):
    list(files.read_serialized([path]))
  with pytest.raises(FileNotFoundError, match='absent.tfrecord'):
    list(files.read_serialized([tmp_path / 'absent.tfrecord']))
