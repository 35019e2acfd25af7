"""Features of an example: values by kind and count, faults that name them."""

import pytest
import tensorflow as tf

from copypaste_tf.records import features as example_features
from copypaste_tf.records.features import FeatureError


@pytest.fixture
def features():
  example = tf.train.Example()
  columns = example.features.feature
  columns['numbers'].int64_list.value.extend([3, 1, 2])
  columns['one'].float_list.value.append(0.5)
  columns['name'].bytes_list.value.append('né'.encode())
  columns['latin'].bytes_list.value.append(b'\xe9')
  _ = columns['empty']
  return example_features.load(example.SerializeToString())


def test_lists_of_any_length_are_read(features):
  assert example_features.values(features, 'numbers', 'int64_list') == [3, 1, 2]
  for key in ('empty', 'absent'):
    assert example_features.values(features, key, 'int64_list') == []


def test_a_feature_of_another_type_is_named(features):
  with pytest.raises(FeatureError) as caught:
    example_features.values(features, 'one', 'int64_list')
  assert caught.value.feature == 'one'
  assert str(caught.value) == (
    "feature 'one': expected a int64_list, got a float_list."
  )


def test_a_scalar_is_one_value(features):
  assert example_features.scalar(features, 'one', 'float_list') == 0.5
  with pytest.raises(FeatureError, match='one value, got 3 values'):
    example_features.scalar(features, 'numbers', 'int64_list')
  with pytest.raises(FeatureError, match='one value, got no such feature'):
    example_features.scalar(features, 'absent', 'int64_list')


def test_text_is_optional_and_never_fails_to_decode(features):
  assert example_features.text(features, 'name') == 'né'
  assert example_features.text(features, 'absent') == ''
  assert example_features.text(features, 'latin') == '\ufffd'


def test_a_column_has_a_value_per_object(features):
  def column(key, count, default=None):
    return example_features.column(features, key, 'int64_list', count, default)

  assert column('numbers', 3) == [3, 1, 2]
  assert column('absent', 2, 0) == column('empty', 2, 0) == [0, 0]
  assert column('absent', 0) == []
  with pytest.raises(FeatureError, match='4 values, .*class label, got 3'):
    column('numbers', 4, 0)
  with pytest.raises(FeatureError, match='2 values.* got 0'):
    column('absent', 2)


def test_bytes_that_are_no_example_are_refused():
  with pytest.raises(ValueError, match=r'expected a tf\.train\.Example, got'):
    example_features.load(b'\xff\xff nonsense')
