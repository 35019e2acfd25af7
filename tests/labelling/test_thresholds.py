import json

import numpy as np
import pytest

from copypaste_tf.labelling import thresholds
from copypaste_tf.labelling.thresholds import Thresholds


def test_a_class_has_its_threshold_and_the_others_the_default():
  found = Thresholds(0.5, {3: 0.25}).of(np.array([[1, 3], [3, 9]]))
  np.testing.assert_array_equal(found, [[0.5, 0.25], [0.25, 0.5]])
  assert found.dtype == np.float32


def test_many_classes_have_theirs():
  chosen = {number: number / 100 for number in (70, 2, 5)}
  ids = np.arange(1, 90)
  expected = [chosen.get(number, 0.5) for number in range(1, 90)]
  found = Thresholds(0.5, chosen).of(ids)
  np.testing.assert_array_equal(found, np.array(expected, np.float32))


def test_no_class_has_no_threshold():
  assert Thresholds().of(np.zeros(0, np.int64)).shape == (0,)


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_a_score_equal_to_the_threshold_makes_a_label(dtype):
  # 0.45 and 0.15 are smaller as float32.
  for threshold in np.arange(5, 100, 5) / 100:
    scores = np.array([threshold, threshold - 1e-6, threshold + 1e-6], dtype)
    kept = Thresholds(float(threshold)).keep(np.array([1, 1, 1]), scores)
    assert kept.tolist() == [True, False, True], threshold


def test_a_score_that_is_no_number_makes_no_label():
  kept = Thresholds(0.0).keep(np.array([1, 1]), np.array([np.nan, 0.0]))
  assert kept.tolist() == [False, True]


def write(path, content):
  path.write_text(content if isinstance(content, str) else json.dumps(content))
  return path


def test_a_file_holds_what_as_dict_returns(tmp_path):
  first = Thresholds(0.4, {12: 0.3, 2: 1, 1: 0.0})
  path = write(tmp_path / 'a.json', first.as_dict())
  assert thresholds.load(path) == first
  assert list(first.as_dict()['classes']) == ['1', '2', '12']


def test_keys_of_a_file_may_be_missing(tmp_path):
  assert thresholds.load(write(tmp_path / 'a.json', {})) == Thresholds()
  classes = write(tmp_path / 'b.json', {'classes': {'7': 0.2}})
  assert thresholds.load(classes) == Thresholds(0.5, {7: 0.2})


@pytest.mark.parametrize(
  ('content', 'words'),
  [
    ('{', 'not JSON'),
    ([0.5], 'by category id'),
    ({'defualt': 0.5}, 'defualt'),
    ({'default': 1.5}, 'default: expected a score from 0 to 1, got 1.5'),
    ({'default': '0.5'}, "got '0.5'"),
    ({'default': True}, 'got True'),
    ('{"default": NaN}', 'got nan'),
    ({'classes': [0.5]}, 'by category id'),
    ({'classes': {'person': 0.5}}, "category id, got 'person'"),
    ({'classes': {'0': 0.5}}, 'at least 1, got 0'),
    ({'classes': {'3': -0.1}}, 'class 3: expected a score from 0 to 1'),
  ],
)
def test_a_faulty_file_is_named_with_what_was_expected(
  tmp_path, content, words
):
  path = write(tmp_path / 'faulty.json', content)
  with pytest.raises(ValueError) as error:
    thresholds.load(path)
  assert 'faulty.json' in str(error.value) and words in str(error.value)
  assert '\n' not in str(error.value)


def test_a_missing_file_is_named(tmp_path):
  with pytest.raises(FileNotFoundError, match='absent.json'):
    thresholds.load(tmp_path / 'absent.json')
