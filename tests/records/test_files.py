"""Tests the reading of record files and of their manifests."""

import pytest
import serialized

from copypaste_tf.records import files


def test_records_come_in_the_given_order_with_indices(tmp_path):
  b = serialized.write(tmp_path / 'b', [b'one', b'two'])
  a = serialized.write(tmp_path / 'a', [b'three'])
  assert list(files.read_serialized([b, a])) == [
    (b, 0, b'one'),
    (b, 1, b'two'),
    (a, 0, b'three'),
  ]
  assert list(files.read_serialized([])) == []


def test_truncated_corrupt_and_missing_files_are_named(tmp_path):
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


def test_manifests_beside_the_files_are_read_once(tmp_path):
  assert files.manifest_path('o/x-y-00003-of-00032.tfrecord') == (
    'o/x-y-manifest.json'
  )
  assert files.manifest_path('o/x.tfrecord') is None
  (tmp_path / 'b-manifest.json').write_text('{"num_examples": 3}')
  names = ('a-00000', 'b-00000', 'b-00001')
  paths = [f'{tmp_path}/{name}-of-00002.tfrecord' for name in names]
  assert files.read_manifests([*paths, f'{tmp_path}/b.tfrecord']) == [
    {'num_examples': 3}
  ]
