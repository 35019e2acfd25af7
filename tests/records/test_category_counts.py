"""Counts of images and objects by category, from manifests."""

import json

import conversions
import pytest
from coco_folder import CocoFolder, label

from copypaste_tf.records import category_counts

NAMES = [
  {'id': 1, 'name': 'cat', 'frequency': 'f'},
  {'id': 2, 'name': 'dog', 'frequency': 'r'},
  {'id': 4, 'name': 'emu'},
]


@pytest.fixture
def folder(tmp_path):
  folder = CocoFolder(tmp_path / 'one')
  folder.categories = NAMES
  folder.add(1, label(1, 1, category_id=1), label(2, 1, category_id=1))
  folder.add(2, label(3, 2, category_id=1), label(4, 2, category_id=2))
  folder.add(3, label(5, 3, category_id=2, iscrowd=1))
  conversions.convert(folder)
  return folder


def edit(folder, change):
  path = folder.path / 'out/data-manifest.json'
  manifest = json.loads(path.read_text())
  change(manifest)
  path.write_text(json.dumps(manifest))


def test_images_and_objects_are_counted_without_crowds(folder):
  prefix = f'{folder.path}/out/data'
  for patterns in (f'{prefix}-0*', f'{prefix}-manifest.json'):
    counts = category_counts.read(patterns, 5)
    assert counts.images.tolist() == [0, 2, 1, 0, 0]
    assert counts.instances.tolist() == [0, 3, 1, 0, 0]
    assert counts.names == ['', 'cat', 'dog', '', 'emu']
    assert counts.num_records == 3
  manifest = json.loads((folder.path / 'out/data-manifest.json').read_text())
  assert manifest['category_counts'] == {
    '1': {'images': 2, 'instances': 3},
    '2': {'images': 1, 'instances': 1},
    '4': {'images': 0, 'instances': 0},
  }


def test_frequencies_are_stated_or_follow_from_the_images(folder, caplog):
  prefix = f'{folder.path}/out/data'
  with caplog.at_level('INFO'):
    counts = category_counts.read(f'{prefix}-0*', 5)
  assert counts.frequencies == ['', 'f', 'r', '', 'r']
  assert 'no frequency of 1 of 3 categories' in caplog.text


@pytest.mark.parametrize(
  ('images', 'frequency'),
  [(0, 'r'), (10, 'r'), (11, 'c'), (100, 'c'), (101, 'f')],
)
def test_rare_is_up_to_10_images_and_common_up_to_100(
  folder, images, frequency
):
  def change(manifest):
    shard = manifest['shards'][0]
    shard['num_examples'] = images
    shard['tally']['record_categories'] = ['4:1'] * images

  edit(folder, change)
  path = f'{folder.path}/out/data-00000-of-00002.tfrecord'
  assert category_counts.read(path, 5).frequencies[4] == frequency


def test_several_manifests_add_up(folder, tmp_path):
  other = CocoFolder(tmp_path / 'two')
  other.categories = NAMES[:2]
  other.add(9, label(1, 9, category_id=2))
  conversions.convert(other)
  both = f'{folder.path}/out/data-manifest.json,{other.path}/out/data-0*'
  counts = category_counts.read(both, 5)
  assert counts.images.tolist() == [0, 2, 2, 0, 0]
  assert counts.num_records == 4


def test_a_part_of_the_shards_counts_as_that_part(folder):
  parts = [
    category_counts.read(f'{folder.path}/out/data-{part}*', 5)
    for part in ('00000', '00001')
  ]
  assert [p.num_records for p in parts] == [2, 1]
  assert sum(p.images for p in parts).tolist() == [0, 2, 1, 0, 0]


def test_two_label_maps_do_not_add_up(folder, tmp_path):
  other = CocoFolder(tmp_path / 'two')
  other.categories = [{'id': 2, 'name': 'fox'}]
  other.add(9, label(1, 9, category_id=2))
  conversions.convert(other)
  both = f'{folder.path}/out/data-0*,{other.path}/out/data-0*'
  with pytest.raises(ValueError, match="category 2 is 'fox' here and 'dog'"):
    category_counts.read(both, 5)


def test_what_cannot_be_counted_is_named_with_the_way_out(folder):
  prefix = f'{folder.path}/out/data'
  with pytest.raises(ValueError, match='model.num_classes = 5'):
    category_counts.read(f'{prefix}-0*', 4)
  with pytest.raises(FileNotFoundError, match='no file matches'):
    category_counts.read(f'{prefix}-none.json', 5)
  edit(folder, lambda m: m['shards'][0]['tally'].pop('record_categories'))
  with pytest.raises(ValueError, match=r'convert .* again with the same flags'):
    category_counts.read(f'{prefix}-0*', 5)
  (folder.path / 'out/data-manifest.json').unlink()
  with pytest.raises(ValueError, match='no manifest counts'):
    category_counts.read(f'{prefix}-0*', 5)


def test_a_rerun_makes_counts_that_an_earlier_version_left_out(folder):
  edit(folder, lambda m: m['shards'][1]['tally'].pop('record_categories'))
  conversions.convert(folder)
  counts = category_counts.read(f'{folder.path}/out/data-0*', 5)
  assert counts.images.tolist() == [0, 2, 1, 0, 0]
