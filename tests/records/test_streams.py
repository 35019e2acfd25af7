"""Plain and compressed record files are read alike, without tuned buffers."""

import gzip
import zlib

import pytest
import serialized
import tensorflow as tf

from copypaste_tf.records import files, streams

COMPRESS = {'gzip': gzip.compress, 'zlib': zlib.compress, 'plain': bytes}


def write(path, records, compress):
  serialized.write(path, records)
  path.write_bytes(compress(path.read_bytes()))
  return str(path)


def test_files_of_each_compression_are_read_in_their_order(tmp_path):
  paths = [
    write(tmp_path / name, [f'{name}{i}'.encode() for i in range(3)], compress)
    for name, compress in COMPRESS.items()
  ]
  assert streams.compressions(paths) == ['GZIP', 'ZLIB', '']
  found = [x.decode() for x in streams.serialized(paths).as_numpy_iterator()]
  assert found == [f'{name}{i}' for name in COMPRESS for i in range(3)]


@pytest.mark.parametrize('level', range(10))
def test_a_level_of_zlib_does_not_matter(tmp_path, level):
  path = write(tmp_path / 'x', [b'abc'], lambda x: zlib.compress(x, level))
  assert [*streams.serialized([path]).as_numpy_iterator()] == [b'abc']


@pytest.mark.parametrize('start', ['1f8b', '7801', '785e', '789c', '78da'])
def test_a_plain_file_may_begin_like_a_compressed_one(tmp_path, start):
  """The file begins with the length of the first record."""
  size = int.from_bytes(bytes.fromhex(start), 'little')
  path = serialized.write(tmp_path / 'x', [bytes(size), b'b'])
  assert (tmp_path / 'x').read_bytes()[:2].hex() == start
  sizes = map(len, streams.serialized([path]).as_numpy_iterator())
  assert [*sizes] == [size, 1]


@pytest.mark.parametrize('contents', [b'', b'\x1f'])
def test_a_file_too_short_for_a_record_counts_as_plain(tmp_path, contents):
  (tmp_path / 'x').write_bytes(contents)
  assert streams.compressions([f'{tmp_path}/x']) == ['']


@pytest.mark.parametrize('name', ['gzip', 'zlib'])
def test_a_compressed_file_that_is_cut_is_named(tmp_path, name):
  path = write(tmp_path / 'x', [bytes(range(256))] * 9, COMPRESS[name])
  contents = (tmp_path / 'x').read_bytes()
  (tmp_path / 'x').write_bytes(contents[: len(contents) // 2])
  with pytest.raises(ValueError, match='x: record 0: .*corrupt') as caught:
    list(files.read_serialized([path]))
  assert '{{' not in str(caught.value) and '[Op' not in str(caught.value)


def test_the_tuning_is_off(tmp_path):
  path = serialized.write(tmp_path / 'x', [b'abc'])
  for dataset in (
    streams.untuned(tf.data.Dataset.range(3)),
    streams.serialized([path]).batch(2).prefetch(1),
  ):
    assert dataset.options().autotune.enabled is False
