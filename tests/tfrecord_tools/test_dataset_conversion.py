"""Tests whole conversions: fractions, reruns, other jobs, the manifest."""

import json
import os

import pytest
from coco_folder import CocoFolder, label
from conversions import (
  assert_adds_up,
  convert,
  cut,
  digests,
  many,
  read,
)

from copypaste_tf.records import tfds_metadata
from tfrecord_tools import dataset_conversion
from tfrecord_tools.faults import ConversionError


@pytest.fixture
def folder(tmp_path):
  return CocoFolder(tmp_path / 'data')


def test_a_data_set_of_boxes_needs_the_flag(folder):
  folder.add(1, label(1, segmentation=None))
  with pytest.raises(ValueError, match='include_masks=false'):
    convert(folder)


def test_fractions_are_nested(folder):
  many(folder)
  taken = {}
  for name, fraction, seed in (
    ('a', 0.1, 0),
    ('b', 0.25, 0),
    ('c', 1.0, 0),
    ('d', 0.25, 1),
  ):
    prefix = str(folder.path / 'out' / name)
    manifest = convert(
      folder, fraction=fraction, seed=seed, output_prefix=prefix
    )
    assert_adds_up(manifest)
    taken[name] = set(read(folder, name))
  assert [len(taken[k]) for k in 'abcd'] == [4, 10, 40, 10]
  assert taken['a'] < taken['b'] < taken['c']
  assert taken['b'] != taken['d']
  assert manifest['counts']['images']['not_selected'] == 30
  assert manifest['counts']['annotations']['not_selected'] == 30


def test_bytes_do_not_depend_on_order_or_workers(folder):
  many(folder, 12)
  convert(folder)
  expected = digests(folder)
  for name in list(expected):
    (folder.path / 'out' / name).unlink()
  convert(folder, num_workers=2)
  assert digests(folder) == expected
  folder.images.reverse()
  convert(folder, overwrite=True)
  again = digests(folder)
  shards = [name for name in expected if name.endswith('.tfrecord')]
  assert all(again[name] == expected[name] for name in shards)


def test_a_rerun_writes_missing_shards_only(folder):
  many(folder, 12)
  convert(folder, num_shards=4)
  expected = digests(folder)
  out = folder.path / 'out'
  kept, removed, broken, _ = sorted(out.glob('*.tfrecord'))
  removed.unlink()
  broken.write_bytes(broken.read_bytes()[:-5])
  before = kept.stat().st_mtime_ns
  convert(folder, num_shards=4)
  assert digests(folder) == expected
  assert kept.stat().st_mtime_ns == before


def test_a_rerun_converts_images_added_since(folder):
  many(folder, 6)
  path = folder.path / 'images/3.jpg'
  data = path.read_bytes()
  path.unlink()
  assert convert(folder)['counts']['images']['dropped'] == 1
  path.write_bytes(data)
  assert convert(folder)['counts']['images']['dropped'] == 0
  assert len(read(folder)) == 6


def test_a_failure_leaves_no_partial_shard(folder):
  many(folder, 6)
  cut(folder.path / 'images/3.jpg')
  with pytest.raises(ConversionError, match='image 3'):
    convert(folder, on_error='fail')
  names = os.listdir(folder.path / 'out')
  assert not [name for name in names if 'tmp' in name or 'manifest' in name]
  manifest = convert(folder, on_error='skip')
  assert manifest['num_examples'] == 5


def test_a_failure_in_a_worker_stops_the_conversion(folder):
  many(folder, 6)
  cut(folder.path / 'images/3.jpg')
  with pytest.raises(ConversionError, match='image 3: corrupt_image'):
    convert(folder, on_error='fail', num_workers=2)


def test_the_manifest_records_arguments_and_sources(folder):
  manifest = convert(many(folder, 4), seed=3, num_shards=2)
  arguments = manifest['arguments']
  assert arguments == {
    'fraction': 1.0,
    'include_masks': True,
    'num_shards': 2,
    'seed': 3,
  }
  annotations = folder.path / 'instances.json'
  source = manifest['sources']['annotations']
  assert source['size'] == annotations.stat().st_size
  assert [shard['file'] for shard in manifest['shards']] == [
    'data-00000-of-00002.tfrecord',
    'data-00001-of-00002.tfrecord',
  ]
  path = folder.path / 'out/data-manifest.json'
  assert json.loads(path.read_text()) == manifest


def split(folder, *parts, **changes):
  options = dataset_conversion.Options(
    **folder.flags(split=parts, num_shards=1, **changes)
  )
  return dataset_conversion.convert_splits(options)


def ids_of(folder, *names):
  return [set(read(folder, f'data-{name}')) for name in names]


def test_one_annotation_file_becomes_records_to_train_and_to_evaluate(folder):
  many(folder)
  manifests = split(folder, 'train:0.75', 'val:0.25')
  train, val = ids_of(folder, 'train', 'val')
  assert train | val == set(range(1, 41)) and not train & val
  sizes = [manifest['num_examples'] for manifest in manifests.values()]
  assert sizes == [len(train), len(val)]
  for name, manifest in manifests.items():
    assert_adds_up(manifest)
    assert manifest['arguments']['split'] == name
    assert manifest['arguments']['splits'] == {'train': 0.75, 'val': 0.25}
    path = folder.path / f'out/data-{name}-manifest.json'
    assert json.loads(path.read_text()) == manifest
  assert sorted(os.listdir(folder.path / 'out')) == [
    'data-train-00000-of-00001.tfrecord',
    'data-train-manifest.json',
    'data-val-00000-of-00001.tfrecord',
    'data-val-manifest.json',
    *tfds_metadata.FILES,
  ]


def test_fractions_of_a_split_are_nested_within_it(folder):
  many(folder)
  split(folder, 'train:0.75', 'val:0.25')
  train, val = ids_of(folder, 'train', 'val')
  for fraction in (0.5, 0.25):
    split(folder, 'train:0.75', 'val:0.25', fraction=fraction, overwrite=True)
    fewer_train, fewer_val = ids_of(folder, 'train', 'val')
    assert fewer_train < train and fewer_val < val
    train, val = fewer_train, fewer_val


def test_a_rerun_of_a_split_keeps_what_is_complete(folder):
  many(folder, 12)
  split(folder, 'a:0.5', 'b:0.5')
  expected = digests(folder)
  out = folder.path / 'out'
  (out / 'data-b-00000-of-00001.tfrecord').unlink()
  kept = out / 'data-a-00000-of-00001.tfrecord'
  before = kept.stat().st_mtime_ns
  split(folder, 'a:0.5', 'b:0.5')
  assert digests(folder) == expected
  assert kept.stat().st_mtime_ns == before
  with pytest.raises(ValueError, match='--overwrite'):
    split(folder, 'a:0.4', 'b:0.6')
  assert digests(folder) == expected


def test_faults_of_the_source_are_counted_in_each_split_once(folder):
  many(folder, 12)
  folder.annotations.append(label(99, image_id=999))
  for manifest in split(folder, 'a:0.5', 'b:0.5').values():
    dropped = {'unknown_image': 1}
    assert manifest['dropped']['annotations'] == dropped
    assert manifest['dropped_in_source']['annotations'] == dropped
    assert_adds_up(manifest)


def test_one_set_is_not_made_of_several(folder):
  many(folder, 2)
  with pytest.raises(ValueError, match='convert_splits makes several'):
    convert(folder, split=('a:0.5',))


def test_names_of_other_folders_and_outside_are_told_in_the_manifest(folder):
  many(folder, 4)
  outside = folder.path / 'outside.jpg'
  outside.write_bytes((folder.path / 'images/4.jpg').read_bytes())
  names = ('images/1.jpg', 'images\\2.jpg', '3.jpg', '../outside.jpg')
  for entry, name in zip(folder.images, names, strict=True):
    entry['file_name'] = name
  manifest = convert(folder)
  assert manifest['dropped']['images'] == {'outside_of_image_dir': 1}
  assert manifest['notes']['images_found_by_similar_names'] == 2
  filenames = {k: record.filename for k, record in read(folder).items()}
  assert filenames == {1: '1.jpg', 2: '2.jpg', 3: '3.jpg'}
  # The same shards are not taken for complete once the file is allowed.
  manifest = convert(folder, allow_outside_image_dir=True)
  assert manifest['num_examples'] == 4
  assert read(folder)[4].filename == '../outside.jpg'


def test_the_description_of_another_data_set_is_kept_and_told_once(
  folder, capsys
):
  many(folder, 3)
  (folder.path / 'out').mkdir()
  path = folder.path / 'out/dataset_info.json'
  path.write_text('{"name": "voc"}')
  assert convert(folder)['num_examples'] == 3
  assert capsys.readouterr().out.count(f'{path} describes another') == 1
  assert path.read_text() == '{"name": "voc"}'


def test_what_is_deleted_is_not_described_though_the_new_run_fails(folder):
  many(folder, 6)
  convert(folder)
  convert(folder, output_prefix=f'{folder.path}/out/other')
  cut(folder.path / 'images/3.jpg')
  with pytest.raises(ConversionError):
    convert(folder, on_error='fail', num_shards=3, overwrite=True)
  info = json.loads((folder.path / 'out/dataset_info.json').read_text())
  assert [split['name'] for split in info['splits']] == ['other']
