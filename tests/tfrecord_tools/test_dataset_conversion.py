"""Tests whole conversions: fractions, reruns, other jobs, the manifest."""

import json
import math
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

from tfrecord_tools import sharding
from tfrecord_tools.faults import ConversionError


@pytest.fixture
def folder(tmp_path):
  return CocoFolder(tmp_path / 'data')


def test_a_data_set_of_boxes_needs_the_flag(folder):
  folder.add(1, label(1, segmentation=None))
  with pytest.raises(ValueError, match='include_masks=false'):
    convert(folder)


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'num_shards': 0}, 'num_shards is 1'),
    ({'num_workers': 0}, 'num_workers is at least 1'),
    ({'fraction': 0.0}, 'fraction lies above 0'),
    ({'fraction': math.nan}, 'fraction lies above 0'),
    ({'on_error': 'ignore'}, 'on_error is one of'),
    ({'image_dir': 'absent'}, 'no such folder'),
    ({'annotations': 'absent'}, 'no such file'),
  ],
)
def test_options_out_of_range_are_refused(folder, changes, message):
  folder.add(1)
  with pytest.raises((ValueError, FileNotFoundError), match=message):
    convert(folder, **changes)


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


def test_another_job_is_refused_unless_overwritten(folder):
  many(folder, 6)
  convert(folder)
  for changes in ({'seed': 1}, {'num_shards': 3}, {'include_masks': False}):
    with pytest.raises(ValueError, match='--overwrite'):
      convert(folder, **changes)
  (folder.path / 'out/data-manifest.json').unlink()
  with pytest.raises(ValueError, match='data-00000-of-00002.*--overwrite'):
    convert(folder)
  (folder.path / 'out/data2-00000-of-00002.tfrecord').write_bytes(b'')
  convert(folder, num_shards=3, overwrite=True)
  names = sorted(os.listdir(folder.path / 'out'))
  assert names == [
    *(f'data-0000{i}-of-00003.tfrecord' for i in range(3)),
    'data-manifest.json',
    'data2-00000-of-00002.tfrecord',
  ]


def test_shards_of_an_unfinished_job_are_not_mixed_with_another(folder):
  many(folder, 6)
  last = sharding.sample(range(1, 7), fraction=1.0, seed=0)[-1]
  cut(folder.path / f'images/{last}.jpg')
  with pytest.raises(ConversionError):
    convert(folder, on_error='fail', num_shards=6)
  out = folder.path / 'out'
  assert len(list(out.glob('*.tfrecord'))) == 5
  with pytest.raises(ValueError, match='--overwrite'):
    convert(folder, seed=1, num_shards=6)
  next(out.glob('*.tfrecord.json')).unlink()
  with pytest.raises(ValueError, match='--overwrite'):
    convert(folder, num_shards=6)
  assert convert(folder, num_shards=6, overwrite=True)['num_examples'] == 5


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


def test_more_shards_than_their_names_allow_are_refused(folder):
  folder.add(1)
  with pytest.raises(ValueError, match='num_shards is 1 to 99999, got 100000'):
    convert(folder, num_shards=100_000)


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
