"""Tests the decoding of optional labels in the graph."""

import numpy as np
import pytest
import serialized
import tensorflow as tf

from copypaste_tf import records
from copypaste_tf.examples import Features
from copypaste_tf.inputs.decode_extras import decode_extras


def decode(record):
  """Decodes a record in a pipeline, where values and shapes are dynamic."""
  dataset = tf.data.Dataset.from_tensors(records.serialize(record))
  (found,) = dataset.map(decode_extras).as_numpy_iterator()
  return found


def test_stated_labels_are_decoded():
  record, _, _ = serialized.make_record(
    count=3,
    difficult=np.array([0, 1, 0], bool),
    scores=np.array([0.25, 1, 0], np.float32),
    neg_category_ids=[7, 2],
    not_exhaustive_category_ids=[9],
  )
  found = decode(record)
  np.testing.assert_array_equal(found.difficult, [False, True, False])
  np.testing.assert_array_equal(found.scores, record.scores)
  assert found.neg_category_ids.tolist() == [7, 2]
  assert found.not_exhaustive_category_ids.tolist() == [9]
  assert [x.dtype for x in found] == [bool, np.float32, np.int32, np.int32]


@pytest.mark.parametrize('count', [0, 3])
def test_absent_labels_have_defaults(count):
  record, _, _ = serialized.make_record(count=count)
  found = decode(record)
  assert found.difficult.tolist() == [False] * count
  assert found.scores.tolist() == [1] * count
  assert found.neg_category_ids.size == 0
  assert found.not_exhaustive_category_ids.size == 0


def test_a_missing_flag_is_an_error():
  record, _, _ = serialized.make_record(count=3)
  record = record._replace(difficult=np.array([True, False]))
  with pytest.raises(tf.errors.InvalidArgumentError, match=Features.DIFFICULT):
    decode(record)


def test_the_list_of_the_published_converter_is_read_too():
  record, _, _ = serialized.make_record(0)
  example = tf.train.Example.FromString(records.serialize(record))
  key = 'image/image_neg_category_ids'
  example.features.feature[key].int64_list.value.extend([4, 9])
  data = example.SerializeToString()
  found = decode_extras(data).neg_category_ids
  assert (
    found.numpy().tolist() == records.parse(data).neg_category_ids == [4, 9]
  )
