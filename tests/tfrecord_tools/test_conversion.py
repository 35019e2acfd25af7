"""Tests the conversion of one image and of one shard."""

import hashlib

import numpy as np
import pytest
import tensorflow as tf
from conversion_jobs import entries, folder_of_two, job_of

from copypaste_tf import records
from copypaste_tf.examples import Features
from copypaste_tf.inputs import decode
from tfrecord_tools import conversion, manifest, sharding
from tfrecord_tools.entries import UnreadableObject
from tfrecord_tools.faults import ConversionError, Note, SourceError


@pytest.fixture
def folder(tmp_path):
  return folder_of_two(tmp_path / 'data')


def test_an_image_becomes_a_record(folder):
  tally = manifest.Tally()
  data, digest = conversion.convert_image(
    entries(folder)[0], job_of(folder), tally
  )
  record = records.parse(data)
  stored = (folder.path / 'images/1.jpg').read_bytes()
  assert record.image_bytes == stored
  assert digest == hashlib.sha256(stored).digest()
  assert record.class_names == ['cat', 'dog']
  assert record.crowd.tolist() == [False, True]
  assert record.boxes.round(3).tolist() == [[8, 10, 30, 40]] * 2
  for mask in records.instance_masks(record):
    assert mask[8:30, 10:40].all() and mask.sum() == 22 * 30
  assert (tally.num_examples, tally.num_annotations) == (1, 2)


def test_masks_can_be_left_out(folder):
  job = job_of(folder, include_masks=False)
  data, _ = conversion.convert_image(entries(folder)[0], job, manifest.Tally())
  record = records.parse(data)
  assert not record.has_masks and len(record.boxes) == 2


def test_records_of_planes_only_have_the_same_labels_and_are_valid(folder):
  def convert(**changes):
    job = job_of(folder, **changes)
    return conversion.convert_image(entries(folder)[0], job, manifest.Tally())[
      0
    ]

  both, alone = convert(), convert(mask_pngs=False)
  assert len(alone) < len(both)
  assert Features.MASK not in _filled(alone)
  assert _filled(both) - _filled(alone) == {Features.MASK}
  expected, found = records.parse(both), records.parse(alone)
  np.testing.assert_array_equal(found.planes, expected.planes)
  np.testing.assert_array_equal(found.ids, expected.ids)
  assert found.has_masks
  limits = {'source_size': (60, 80), 'max_instances': 3, 'num_planes': 3}
  for x, y in zip(
    decode.decode_scene(tf.constant(alone), **limits),
    decode.decode_scene(tf.constant(both), **limits),
    strict=True,
  ):
    np.testing.assert_array_equal(x, y)


def _filled(serialized):
  features = tf.train.Example.FromString(serialized).features.feature
  return {key for key, value in features.items() if value.ByteSize() > 4}


def test_a_bad_label_is_counted_or_stops(folder):
  tally = manifest.Tally()
  data, _ = conversion.convert_image(entries(folder)[1], job_of(folder), tally)
  assert len(records.parse(data).classes) == 0
  assert dict(tally.drops.annotations) == {'unknown_category': 1}
  tally = manifest.Tally()
  tally.drops.stop = True
  with pytest.raises(ConversionError, match='image 2, annotation 3: unknown'):
    conversion.convert_image(entries(folder)[1], job_of(folder), tally)


def test_extra_lists_must_be_integers(folder):
  for bad in ('x', [1, '2'], [True], [0]):
    entry = entries(folder)[0]._replace(neg_category_ids=bad)
    with pytest.raises(SourceError, match='neg_category_ids: expected cat'):
      conversion.convert_image(entry, job_of(folder), manifest.Tally())


def test_extras_of_an_entry_reach_the_record(folder):
  first, second = entries(folder)[0].objects
  entry = entries(folder)[0]._replace(
    objects=(first._replace(difficult=True), second._replace(score=0.25)),
    neg_category_ids=(7, 3),
    not_exhaustive_category_ids=[],
  )
  data, _ = conversion.convert_image(entry, job_of(folder), manifest.Tally())
  record = records.parse(data)
  assert record.difficult.tolist() == [True, False]
  assert record.scores.tolist() == [1, 0.25]
  assert record.neg_category_ids == [7, 3]
  assert record.not_exhaustive_category_ids == []


def test_an_object_that_the_loader_cannot_read_is_counted(folder):
  entry = entries(folder)[0]
  fault = SourceError('no_height', 'expected a number')
  bad = UnreadableObject('a7', fault)
  entry = entry._replace(objects=(bad, entry.objects[1]))
  tally = manifest.Tally()
  data, _ = conversion.convert_image(entry, job_of(folder), tally)
  assert records.parse(data).class_names == ['dog']
  assert tally.drops.to_json()['annotations'] == {'no_height': 1}
  (example,) = tally.drops.examples['no_height']
  assert example['place'] == 'image 1, annotation a7'


def test_an_entry_without_a_file_is_dropped_for_its_reason(folder):
  fault = SourceError('outside_of_image_dir', '../2.jpg lies outside')
  entry = entries(folder)[1]._replace(file_names=('../2.jpg',), fault=fault)
  with pytest.raises(SourceError, match='outside_of_image_dir: ../2.jpg'):
    conversion.convert_image(entry, job_of(folder), manifest.Tally())


def test_the_notes_of_an_entry_are_counted(folder):
  notes = (Note('images_found_by_similar_names', '2.jpg was read for x/2.jpg'),)
  entry = entries(folder)[1]._replace(notes=notes)
  tally = manifest.Tally()
  conversion.convert_image(entry, job_of(folder), tally)
  assert tally.notes['images_found_by_similar_names'] == 1
  (example,) = tally.examples.values()
  assert example['place'] == 'image 2'


def test_a_shard_is_written_with_its_state(folder):
  job, seen = job_of(folder), []
  (folder.path / 'images/2.jpg').unlink()
  state = conversion.write_shard(
    1, entries(folder), job, lambda: seen.append(1)
  )
  path = sharding.shard_path(job.output_prefix, 1, 3)
  found = [record.source_id for _, _, record in records.read_records([path])]
  assert (found, len(seen)) == ([1], 2)
  assert manifest.read(sharding.state_path(path)) == state
  assert state['fingerprint'] == 'f'
  drops = state['tally']['drops']
  assert drops['images'] == {'missing_image': 1}
  assert drops['annotations'] == {'image_dropped': 1}


def test_a_shard_that_stops_leaves_no_file(folder):
  (folder.path / 'images/2.jpg').unlink()
  job = job_of(folder, stop=True)
  with pytest.raises(ConversionError, match='image 2: missing_image'):
    conversion.write_shard(0, entries(folder), job, lambda: None)
  assert not list(folder.path.glob('*tfrecord*'))


def test_the_listing_sees_new_and_changed_files(folder):
  def listing():
    return conversion.listing(entries(folder), job_of(folder))

  found = [listing()]
  path = folder.path / 'images/2.jpg'
  path.write_bytes(path.read_bytes() + b' ')
  found.append(listing())
  path.unlink()
  found.append(listing())
  assert len(set(found)) == 3 and listing() == found[-1]


def test_the_listing_sees_that_a_file_is_allowed(folder):
  first, second = entries(folder)
  refused = second._replace(fault=SourceError('outside_of_image_dir', ''))
  odd = second._replace(file_names=('\ud800',))
  found = {
    conversion.listing(pair, job_of(folder))
    for pair in ([first, second], [first, refused], [first, odd])
  }
  assert len(found) == 3
