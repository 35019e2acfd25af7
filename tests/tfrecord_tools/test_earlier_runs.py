"""Files of other jobs are neither mixed in nor deleted unasked."""

import os

import pytest
from coco_folder import CocoFolder
from conversions import convert, cut, many

from tfrecord_tools import sharding
from tfrecord_tools.faults import ConversionError


@pytest.fixture
def folder(tmp_path):
  return CocoFolder(tmp_path / 'data')


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


def test_prefixes_that_no_file_can_have_are_refused(folder):
  folder.add(1)
  with pytest.raises(ValueError, match=r'ends in a folder; .*/out/train\.'):
    convert(folder, output_prefix=f'{folder.path}/out/')
  with pytest.raises(ValueError, match=r'json cannot be made: .*exists\.'):
    convert(folder, output_prefix=f'{folder.path}/instances.json/x')


@pytest.mark.parametrize('content', ['', '{"fingerprint": ', '[]'])
def test_a_damaged_manifest_is_in_the_way_unless_overwritten(folder, content):
  many(folder, 2)
  convert(folder)
  (folder.path / 'out/data-manifest.json').write_text(content)
  with pytest.raises(ValueError, match='--overwrite'):
    convert(folder)
  assert convert(folder, overwrite=True)['num_examples'] == 2
