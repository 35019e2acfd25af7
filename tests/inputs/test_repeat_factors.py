"""The factors of records follow from the rarest of their categories."""

import json

import numpy as np
import pytest
import serialized

from copypaste_tf.inputs import repeat_factors


@pytest.fixture
def paths(tmp_path):
  """20 records: all have 1, five have 2, one has 3; one record is empty."""
  rows = [[1, 1]] * 14 + [[1, 2]] * 4 + [[1, 2, 3]] + [[]]
  return [
    serialized.write_classes(tmp_path / 'a', *rows[:12]),
    serialized.write_classes(tmp_path / 'b', *rows[12:]),
  ]


def test_the_factor_is_the_root_of_the_threshold_over_the_frequency(paths):
  found = repeat_factors.read(paths, 0.5)
  assert found.images == {1: 19, 2: 5, 3: 1}
  assert found.by_category == {
    1: 1.0,
    2: pytest.approx(np.sqrt(0.5 / 0.25)),
    3: pytest.approx(np.sqrt(0.5 / 0.05)),
  }


def test_a_record_has_the_factor_of_its_rarest_category(paths):
  found = repeat_factors.read(paths, 0.5)
  assert found.by_file[paths[0]].tolist() == [1.0] * 12
  expected = [1.0] * 2 + [np.sqrt(2)] * 4 + [np.sqrt(10), 1.0]
  np.testing.assert_allclose(found.by_file[paths[1]], expected)
  assert found.num_records == 20
  assert found.length == pytest.approx(15 + 4 * np.sqrt(2) + np.sqrt(10))
  assert found.largest == pytest.approx(np.sqrt(10))


def test_a_repeated_path_is_read_once(paths):
  assert repeat_factors.read([*paths, paths[0]], 0.5).num_records == 20


def test_the_description_has_epoch_factors_and_rarest_categories(paths):
  told = repeat_factors.describe(repeat_factors.read(paths, 0.5), {3: 'emu'})
  assert 'an epoch has about 24 records instead of 20 (x1.191)' in told
  assert '5 records are repeated, at most x3.16' in told
  assert 'emu (1 images, x3.16), 2 (5 images, x1.41), 1 (19 images, x1)' in told


def test_the_factors_of_lvis_are_those_of_its_counts(real_data):
  path = real_data / 'lvis_v1_sample/lvis_v1_train_cat_info.json'
  images = {c['id']: c['image_count'] for c in json.loads(path.read_text())}
  factors = repeat_factors.of_categories(images, 100_170, 0.001)
  assert sum(factor > 1 for factor in factors.values()) == 798
  by_count = {images[k]: round(factors[k], 3) for k in images}
  assert [by_count[n] for n in (1, 2, 5, 10)] == [10.008, 7.077, 4.476, 3.165]
  assert by_count[50] == 1.415 and by_count[max(images.values())] == 1
