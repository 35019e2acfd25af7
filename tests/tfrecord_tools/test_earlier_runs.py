"""Files of other jobs are neither mixed in nor deleted unasked."""

import os

import pytest
from coco_folder import CocoFolder
from conversion_jobs import job_of
from conversions import convert, cut, many

from copypaste_tf.file_lock import LockedError
from copypaste_tf.records import tfds_metadata
from tfrecord_tools import dataset_conversion, earlier_runs, sharding
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
    *tfds_metadata.FILES,
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


def test_what_a_killed_run_left_goes_before_the_work_needs_the_space(folder):
  half = folder.path / '.x-00000-of-00003.tfrecord.0a.tmp'
  half.write_bytes(b'half')
  assert earlier_runs.prepare(job_of(folder), overwrite=False) == {}
  assert not half.exists()


def test_prefixes_that_no_file_can_have_are_refused(folder):
  folder.add(1)
  with pytest.raises(ValueError, match=r'ends in a folder; .*/out/train\.'):
    convert(folder, output_prefix=f'{folder.path}/out/')
  with pytest.raises(ValueError, match='json cannot be made: .* is not a dir'):
    convert(folder, output_prefix=f'{folder.path}/instances.json/x')


@pytest.mark.parametrize('content', ['', '{"fingerprint": ', '[]'])
def test_a_damaged_manifest_is_in_the_way_unless_overwritten(folder, content):
  many(folder, 2)
  convert(folder)
  (folder.path / 'out/data-manifest.json').write_text(content)
  with pytest.raises(ValueError, match='--overwrite'):
    convert(folder)
  assert convert(folder, overwrite=True)['num_examples'] == 2


def _split(folder, *names, **changes):
  split = tuple(f'{name}:{1 / len(names)}' for name in names)
  options = dataset_conversion.Options(**folder.flags(split=split, **changes))
  return dataset_conversion.convert_splits(options)


def test_records_of_another_division_are_not_left_beside_new_ones(folder):
  many(folder, 12)
  out = folder.path / 'out'
  convert(folder)
  (out / 'data-x-manifest.json').write_text('{"arguments": ["split"]}')
  with pytest.raises(ValueError, match='another --split.*find images twice'):
    _split(folder, 'a', 'b')
  _split(folder, 'a', 'b', overwrite=True)
  assert not list(out.glob('data-0*'))
  with pytest.raises(ValueError, match='data-b-.*find images twice'):
    _split(folder, 'a', 'c')
  with pytest.raises(ValueError, match='data-a-.*find images twice'):
    convert(folder)
  convert(folder, overwrite=True)
  assert not [*out.glob('data-a-*'), *out.glob('data-b-*')]
  assert (out / 'data-x-manifest.json').exists()


def test_another_data_set_with_a_longer_prefix_is_no_division(folder):
  many(folder, 4)
  convert(folder, output_prefix=f'{folder.path}/out/data-small')
  convert(folder)


def convert_to(folder, prefix, split=''):
  flags = folder.flags() | {'output_prefix': prefix, 'num_workers': 1}
  split = tuple(filter(None, split.split(',')))
  options = dataset_conversion.Options(**flags, split=split, overwrite=True)
  return dataset_conversion.convert_splits(options)


@pytest.mark.parametrize(
  ('first', 'second', 'held'),
  [
    (('data', ''), ('data', ''), 'data'),
    (('data', 'a:0.5,b:0.5'), ('data', ''), 'data'),
    # The files of a split are those of a prefix that ends with its name.
    (('data', 'a:0.5,b:0.5'), ('data-b', ''), 'data-b'),
    (('data-b', ''), ('data', 'a:0.5,b:0.5'), 'data-b'),
  ],
)
def test_a_second_conversion_to_the_same_files_is_refused(
  folder, monkeypatch, first, second, held
):
  many(folder, 6)
  out = folder.path / 'out'
  write, tried = dataset_conversion.shard_pool.write, []

  def beside(*arguments):
    if not tried:
      tried.append(True)
      with pytest.raises(LockedError, match='writes these files') as caught:
        convert_to(folder, f'{out}/{second[0]}', second[1])
      assert f'/{held}: process ' in str(caught.value)
    return write(*arguments)

  monkeypatch.setattr(dataset_conversion.shard_pool, 'write', beside)
  manifests = convert_to(folder, f'{out}/{first[0]}', first[1])
  assert tried and sum(m['num_examples'] for m in manifests.values()) == 6
  assert not [name for name in os.listdir(out) if 'lock' in name]
