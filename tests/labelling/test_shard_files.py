"""Files of a set are found by name, and appear whole."""

import tensorflow as tf

from copypaste_tf import whole_files
from copypaste_tf.labelling import shard_files


def touch(folder, *names):
  for name in names:
    (folder / name).write_text('x')


def test_only_shards_and_states_of_the_prefix_are_found(tmp_path):
  own = ['a[1]-00000-of-00002.tfrecord', 'a[1]-00000-of-00002.tfrecord.json']
  touch(tmp_path, *own, 'a[1]-manifest.json', 'a1-00000-of-00002.tfrecord')
  touch(tmp_path, 'ba[1]-00000-of-00002.tfrecord', '.a[1]-00000-of-00002.x')
  prefix = f'{tmp_path}/a[1]'
  assert shard_files.existing(prefix) == [f'{tmp_path}/{name}' for name in own]
  path = shard_files.shard_path(prefix, 0, 2)
  assert [path, shard_files.state_path(path)] == shard_files.existing(prefix)


def test_a_state_is_written_and_read_on_any_file_system(tmp_path):
  for folder in (str(tmp_path), 'ram://shard_files'):
    tf.io.gfile.makedirs(folder)
    path = f'{folder}/out-00000-of-00001.tfrecord.json'
    shard_files.write_json(path, {'b': 'é'})
    assert shard_files.read_json(path) == {'b': 'é'}
    assert shard_files.existing(f'{folder}/out') == [path]


def test_a_missing_file_is_none_and_a_damaged_one_is_empty(tmp_path):
  touch(tmp_path, 'bad.json')
  assert shard_files.read_json(f'{tmp_path}/none.json') is None
  assert shard_files.read_json(f'{tmp_path}/bad.json') == {}


def test_unfinished_files_of_one_shard_are_removed(tmp_path):
  paths = [shard_files.shard_path(f'{tmp_path}/out', i, 2) for i in (0, 1)]
  attempts = []  # A killed process never leaves the contexts.
  for path in (*paths, *map(shard_files.state_path, paths)):
    attempts.append(whole_files.replacing(path))
    tf.io.write_file(attempts[-1].__enter__(), 'half')
  touch(tmp_path, 'out-00000-of-00002.tfrecord')
  assert len(list(tmp_path.iterdir())) == 5
  shard_files.remove_unfinished(paths[0])
  assert len(list(tmp_path.iterdir())) == 3
  shard_files.write_json(shard_files.lock_path(paths[1]), {})
  shard_files.remove_hidden(f'{tmp_path}/out')
  assert [p.name for p in tmp_path.iterdir()] == ['out-00000-of-00002.tfrecord']
