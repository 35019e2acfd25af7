"""The categories of records, as manifests state them and as they are read."""

import json
import os

import numpy as np
import serialized

from copypaste_tf import records
from copypaste_tf.records import record_categories


def test_each_category_is_written_once_with_its_number():
  assert record_categories.text(np.array([17, 3, 3])) == '3:2 17:1'
  assert record_categories.text(np.array([], np.int32)) == ''
  assert record_categories.parse('3:2 17:1') == {3: 2, 17: 1}
  assert record_categories.parse('') == {}


def test_files_without_a_manifest_are_read_and_the_log_says_so(
  tmp_path, caplog
):
  path = serialized.write_classes(tmp_path / 'x.tfrecord', [5, 2, 5], [], [1])
  with caplog.at_level('WARNING'):
    assert record_categories.of_files([path]) == [['2:1 5:2', '', '1:1']]
  assert 'Reading 1 record files' in caplog.text
  caplog.clear()
  assert record_categories.of_files([path]) == [['2:1 5:2', '', '1:1']]
  assert not caplog.text, 'the same files are read once'
  serialized.write_classes(tmp_path / 'x.tfrecord', [7])
  assert record_categories.of_files([path]) == [['7:1']]


def test_crowds_do_not_count(tmp_path):
  crowd = np.array([True, False, False])
  path = serialized.write_classes(
    tmp_path / 'x.tfrecord', [5, 2, 5], crowd=crowd
  )
  assert record_categories.of_files([path]) == [['2:1 5:1']]


def test_records_without_flags_of_crowds_count_whole(tmp_path):
  record, _, _ = serialized.make_record(0, count=2)
  record = record._replace(classes=np.array([4, 4], np.int32))
  bare = serialized.without(records.serialize(record), 'image/object/is_crowd')
  path = serialized.write(tmp_path / 'x.tfrecord', [bare])
  assert record_categories.of_files([path]) == [['4:2']]


def test_a_manifest_is_believed_only_if_it_fits_the_file(tmp_path):
  path = serialized.write_classes(tmp_path / 'x-00000-of-00001.tfrecord', [1])
  shard = {
    'file': os.path.basename(path),
    'size': os.path.getsize(path),
    'num_examples': 1,
    'tally': {'record_categories': ['8:1']},
  }

  def listed(**changes):
    manifest = {'shards': [shard | changes]}
    (tmp_path / 'x-manifest.json').write_text(json.dumps(manifest))
    return record_categories.of_files([path])

  assert listed() == [['8:1']]
  assert listed(size=3) == [['1:1']]
  assert listed(tally={}) == [['1:1']], 'of an earlier version'
