import json

import pytest

from tfrecord_tools import tfds_folder


def prepare(folder, *, classes='cat\ndog\n', **changes):
  """Writes what a prepared data set has beside its records."""
  folder.mkdir(parents=True, exist_ok=True)
  splits = [
    {'name': 'train', 'shardLengths': ['2', '1']},
    {'name': 'test', 'filepathTemplate': 'x-{SPLIT}.{SHARD_INDEX}'}
    | {'shardLengths': ['4']},
  ]
  info = {'name': 'voc', 'splits': splits, **changes}
  (folder / 'dataset_info.json').write_text(json.dumps(info))
  if classes:
    (folder / 'objects-label.labels.txt').write_text(classes)
  for index in range(2):
    (folder / f'voc-train.tfrecord-0000{index}-of-00002').write_bytes(b'')
  (folder / 'x-test.00000').write_bytes(b'')


def test_the_files_of_a_split_are_found_by_the_form_of_their_names(tmp_path):
  prepare(tmp_path / 'voc/2007/5.0.0')
  folder = f'{tmp_path}/voc/2007/5.0.0'
  found = tfds_folder.splits(str(tmp_path), ['voc/2007:test+train'])
  assert [split.name for split in found] == ['voc/2007:test', 'voc/2007:train']
  assert found[0].shards == ((f'{folder}/x-test.00000', 4),)
  assert found[1].shards == (
    (f'{folder}/voc-train.tfrecord-00000-of-00002', 2),
    (f'{folder}/voc-train.tfrecord-00001-of-00002', 1),
  )
  assert {split.classes for split in found} == {('cat', 'dog')}


def test_the_newest_version_is_taken_unless_one_is_named(tmp_path):
  for version in ('5.0.0', '10.0.0', '9.9.9'):
    prepare(tmp_path / 'voc/2007' / version, classes=version)
  named = {'voc/2007': '10.0.0', 'voc/2007/5.0.0': '5.0.0'}
  for name, version in named.items():
    found = tfds_folder.splits(str(tmp_path), [f'{name}:train'])
    assert found[0].classes == (version,)


def test_without_a_split_all_are_taken(tmp_path):
  prepare(tmp_path / 'voc/1.0.0')
  found = tfds_folder.splits(str(tmp_path), ['voc'])
  assert [split.name for split in found] == ['voc:train', 'voc:test']


@pytest.mark.parametrize(
  ('text', 'changes', 'said'),
  [
    ('coco/2017', {}, r'coco/2017: expected .*download_and_prepare\(\)'),
    ('voc:val', {}, r"--tfds=voc:val: .*\['test', 'train'\], got 'val'"),
    ('voc:train+', {}, "got ''"),
    ('voc', {'fileFormat': 'array_record'}, 'tfrecord, got array_record'),
    ('voc', {'classes': ''}, 'labels.txt: no such file'),
    (
      'voc',
      {'splits': [{'name': 'train', 'shardLengths': ['1']}]},
      'voc-train.tfrecord-00000-of-00001: no such file',
    ),
  ],
)
def test_what_is_not_there_is_named(tmp_path, text, changes, said):
  prepare(tmp_path / 'voc/1.0.0', **changes)
  with pytest.raises((ValueError, FileNotFoundError), match=said):
    tfds_folder.splits(str(tmp_path), [text])


def test_no_set_at_all_is_refused(tmp_path):
  prepare(tmp_path / 'voc', splits=[])
  for sets in ([], ['voc']):
    with pytest.raises(ValueError, match='such as voc/2007:train, got none'):
      tfds_folder.splits(str(tmp_path), sets)


def test_a_data_set_without_a_name_has_none(tmp_path):
  prepare(tmp_path / 'voc', name='')
  info = tmp_path / 'voc/dataset_info.json'
  content = json.loads(info.read_text())
  del content['name']
  info.write_text(json.dumps(content))
  (tmp_path / 'voc/-train.tfrecord-00000-of-00002').write_bytes(b'')
  (tmp_path / 'voc/-train.tfrecord-00001-of-00002').write_bytes(b'')
  (split,) = tfds_folder.splits(str(tmp_path), ['voc:train'])
  assert split.dataset == ''
