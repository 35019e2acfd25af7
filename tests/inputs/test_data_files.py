"""Which files a path means, and the manifest beside them."""

import json

import pytest
import serialized

from copypaste_tf.inputs import data_files, record_order
from copypaste_tf.records import files


@pytest.fixture
def folder(tmp_path):
  for name in ('b-00000-of-00002', 'b-00001-of-00002', 'a-00000-of-00001'):
    (tmp_path / f'{name}.tfrecord').touch()
    (tmp_path / f'{name}.tfrecord.json').touch()
  manifest = {'label_map': {'3': 'cat', '90': 'dog'}}
  (tmp_path / 'b-manifest.json').write_text(json.dumps(manifest))
  return tmp_path


def test_patterns_in_order_and_files_sorted(folder):
  found = data_files.expand(f'{folder}/b*, {folder}/a-00000-of-00001.tfrecord,')
  assert [path.removeprefix(f'{folder}/') for path in found] == [
    'b-00000-of-00002.tfrecord',
    'b-00001-of-00002.tfrecord',
    'a-00000-of-00001.tfrecord',
  ]
  assert data_files.expand('') == []


def test_a_pattern_without_files_is_named(folder):
  for pattern in ('c*', '*.json'):
    with pytest.raises(FileNotFoundError, match='no file matches') as caught:
      data_files.expand(f'{folder}/a*,{folder}/{pattern}')
    assert repr(f'{folder}/{pattern}') in str(caught.value)


def test_class_names_are_read_from_each_form_of_file(folder):
  names = {3: 'cat', 90: 'dog'}
  forms = {
    # As the converter writes it.
    'manifest': {
      'label_map': {'3': 'cat', '90': 'dog'},
      'categories': {'3': {}, '90': {'frequency': 'r'}},
    },
    'coco': {'categories': [{'id': i, 'name': n} for i, n in names.items()]},
    'plain': {'3': 'cat', '90': 'dog'},
  }
  for form, content in forms.items():
    path = folder / f'{form}.json'
    path.write_text(json.dumps(content))
    assert data_files.read_label_map(str(path)) == names, form


def test_the_manifest_lies_beside_the_shards(folder):
  assert files.manifest_path('o/x-y-00003-of-00032.tfrecord') == (
    'o/x-y-manifest.json'
  )
  assert files.manifest_path('o/x.tfrecord') is None
  assert data_files.manifest(f'{folder}/b*')['label_map']['3'] == 'cat'
  assert data_files.manifest(f'{folder}/a*') is None


def test_class_names_by_id(folder):
  assert data_files.label_map(f'{folder}/b*') == {3: 'cat', 90: 'dog'}
  assert data_files.label_map(f'{folder}/a*') == {}


def test_class_names_of_all_files_are_joined(folder):
  other = {'label_map': {'3': 'lynx', '5': 'ox'}}
  (folder / 'a-manifest.json').write_text(json.dumps(other))
  joined = data_files.label_map(f'{folder}/b*,{folder}/a*')
  assert joined == {3: 'cat', 90: 'dog', 5: 'ox'}


def test_a_damaged_manifest_is_named(folder):
  (folder / 'a-manifest.json').write_text('{"label_map": ')
  with pytest.raises(ValueError, match='a-manifest.json is not JSON'):
    data_files.manifest(f'{folder}/a*')
  with pytest.raises(ValueError, match='a-manifest.json is not JSON'):
    data_files.label_map(f'{folder}/b*,{folder}/a*')
  (folder / 'a-manifest.json').write_text('[]')
  with pytest.raises(ValueError, match='a-manifest.json: expected an object'):
    data_files.manifest(f'{folder}/a*')


@pytest.fixture
def counted(tmp_path, monkeypatch):
  """Two shards of 3 and 4 records with a manifest; counting fails."""
  shards = []
  for i, size in enumerate((3, 4)):
    path = tmp_path / f'c-0000{i}-of-00002.tfrecord'
    serialized.write(path, [b'x'] * size)
    entry = {'file': path.name, 'size': path.stat().st_size}
    shards.append(entry | {'num_examples': size})
  (tmp_path / 'c-manifest.json').write_text(json.dumps({'shards': shards}))
  monkeypatch.setattr(record_order, 'count_records', lambda _: 'by reading')
  return tmp_path


def count(folder, pattern, *hosts):
  paths = data_files.expand(f'{folder}/{pattern}')
  return data_files.count_records(record_order.slices(paths, *hosts))


def test_a_manifest_tells_how_many_records_there_are(counted):
  assert count(counted, 'c*') == 7
  assert count(counted, 'c*', 2, 1) == 4
  assert [count(counted, 'c*', 3, host) for host in range(3)] == [3, 2, 2]


def test_only_the_files_of_the_pattern_are_counted(counted):
  assert data_files.known_count(f'{counted}/c*') == 7
  assert data_files.known_count(f'{counted}/c-00001*') == 4
  (counted / 'other.tfrecord').touch()
  assert data_files.known_count(f'{counted}/c*,{counted}/other*') is None


def test_without_a_manifest_that_fits_records_are_counted(counted):
  with open(counted / 'c-00001-of-00002.tfrecord', 'ab') as file:
    file.write(b'more')
  assert count(counted, 'c-00000*') == 3
  assert count(counted, 'c*') == 'by reading'
  serialized.write(counted / 'other', [b'x'])
  assert count(counted, 'other') == 'by reading'
