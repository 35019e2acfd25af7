"""Tests that tallies add up, and the manifest, its file and its table."""

import numpy as np
import pytest
from random_records import make_record

from tfrecord_tools import manifest
from tfrecord_tools.entries import Category
from tfrecord_tools.faults import ConversionError, Drops, SourceError


def tally(count):
  result = manifest.Tally()
  result.record(make_record(np.ones((count, 8, 6), bool), [False] * count))
  result.drops.image(5, SourceError('missing_image', 'x.jpg'))
  for number in range(count):
    result.drops.annotation(5, number, SourceError('empty_box', 'y'))
  result.notes['clipped_boxes'] += count
  result.digests.append(str(count))
  return result


def test_manifests_add_up_and_survive_a_round_trip():
  total = tally(7)
  total.add(manifest.Tally.from_json(tally(9).to_json()))
  assert (total.num_examples, total.num_annotations) == (2, 16)
  assert total.largest['num_planes'] == 9
  assert total.largest['max_instances'] == 9
  assert total.largest['num_crowd_planes'] == 0
  assert dict(total.drops.images) == {'missing_image': 2}
  assert dict(total.drops.annotations) == {'empty_box': 16}
  assert dict(total.notes) == {'clipped_boxes': 16}
  assert total.digests == ['7', '9']
  assert len(total.drops.examples['empty_box']) == 10


def test_a_strict_drop_raises_at_once():
  drops = Drops(stop=True)
  with pytest.raises(ConversionError, match='image 3, annotation 4: a: b'):
    drops.annotation(3, 4, SourceError('a', 'b'))
  assert not drops.annotations


def build(total):
  return manifest.build(
    total,
    manifest.Totals(10, 40, 8, 17),
    arguments={'include_masks': True},
    categories={9: Category(9, 'z', frequency='r'), 2: Category(2, 'a')},
    sources={},
    shards=[{}],
  )


def test_a_manifest_is_a_file_and_a_table(tmp_path):
  data = build(tally(3))
  path = str(tmp_path / 'm.json')
  manifest.write(path, data)
  assert manifest.read(path) == data
  assert list(data['label_map'].items()) == [('2', 'a'), ('9', 'z')]
  assert data['categories'] == {'2': {}, '9': {'frequency': 'r'}}
  table = manifest.table(data)
  rows = [line.split() for line in table.splitlines()]
  assert ['images', '10', '1', '1', '8'] in rows
  assert ['annotations', '40', '3', '3', '17'] in rows
  assert ['annotations', 'dropped:', 'empty_box', '3'] in rows
  assert ['note:', 'clipped_boxes', '3'] in rows
  assert '1 records in 1 shards' in table


@pytest.mark.parametrize('text', ['', '{', '[]'])
def test_other_files_are_refused(tmp_path, text):
  (tmp_path / 'm.json').write_text(text)
  with pytest.raises(ValueError, match=r'm\.json: expected'):
    manifest.read(str(tmp_path / 'm.json'))
