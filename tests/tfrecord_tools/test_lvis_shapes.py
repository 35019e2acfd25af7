"""The generated set in LVIS's form: its tail, its lists and its files."""

import collections
import json

import numpy as np
import pytest

from tfrecord_tools import lvis_shapes
from tfrecord_tools.verbs import create_shapes_dataset


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  folder = tmp_path_factory.mktemp('lvis')
  create_shapes_dataset.create(
    str(folder), num_train=150, num_val=50, image_size=64, seed=0, lvis=True
  )
  return folder


def load(folder, split='train'):
  return json.loads((folder / f'instances_{split}.json').read_text())


def images_of(data):
  pairs = {(a['category_id'], a['image_id']) for a in data['annotations']}
  return collections.Counter(category for category, _ in pairs)


def test_categories_are_16_shapes_in_hues_of_their_own():
  shapes = lvis_shapes.SHAPES_OF_LVIS
  assert [s.category_id for s in shapes] == [*range(1, 17)]
  assert len({s.name for s in shapes}) == 16
  assert np.diff(sorted(s.hue for s in shapes)).min() >= 1 / 16 - 1e-9
  assert sum(s.frequency for s in shapes) == pytest.approx(1)


def test_rare_categories_are_in_2_to_10_training_images(folder):
  found = images_of(load(folder))
  assert [found[s.category_id] for s in lvis_shapes.RARE] == [10, 8, 6, 4, 2]
  assert found[1] > 100
  evaluated = images_of(load(folder, 'val'))
  assert [evaluated[s.category_id] for s in lvis_shapes.RARE] == [2] * 5


def test_frequencies_are_of_the_training_set_and_counts_of_the_file(folder):
  train, val = load(folder), load(folder, 'val')
  for data in (train, val):
    found = images_of(data)
    objects = collections.Counter(a['category_id'] for a in data['annotations'])
    for category in data['categories']:
      number = category['id']
      assert category['image_count'] == found[number]
      assert category['instance_count'] == objects[number]
      assert category['synset'].endswith('.n.01')
  letters = lvis_shapes.frequencies_of(train)
  assert letters == lvis_shapes.frequencies_of(val)
  assert {letters[s.category_id] for s in lvis_shapes.RARE} == {'r'}
  assert letters[1] == 'f'


def test_images_state_what_is_absent_and_what_is_not_exhaustive(folder):
  data = load(folder)
  present = collections.defaultdict(set)
  for annotation in data['annotations']:
    assert 'iscrowd' not in annotation
    present[annotation['image_id']].add(annotation['category_id'])
  not_exhaustive = 0
  for image in data['images']:
    negative = set(image['neg_category_ids'])
    assert len(negative) == 4 and not negative & present[image['id']]
    listed = set(image['not_exhaustive_category_ids'])
    # An object without a label: another one of its category has one.
    assert listed <= present[image['id']]
    not_exhaustive += len(listed)
  assert 0 < not_exhaustive < 0.2 * len(data['images'])


def test_urls_lead_to_images_in_the_folders_of_both_splits(folder):
  folders = {}
  for split in ('train', 'val'):
    urls = [image['coco_url'] for image in load(folder, split)['images']]
    tails = [url.split('/', 3)[3] for url in urls]
    assert all((folder / 'images' / tail).is_file() for tail in tails)
    folders[split] = {tail.split('/')[0] for tail in tails}
  assert folders == {'train': {'train2017'}, 'val': {'train2017', 'val2017'}}
  assert not any('file_name' in image for image in load(folder)['images'])


def test_the_same_flags_give_the_same_files(folder, tmp_path):
  create_shapes_dataset.create(
    str(tmp_path), num_train=150, num_val=50, image_size=64, seed=0, lvis=True
  )
  for split in ('train', 'val'):
    assert load(tmp_path, split) == load(folder, split)
