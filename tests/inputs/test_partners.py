"""Who is pasted from whom, over many seeds."""

import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.augment.draws import pairing
from copypaste_tf.inputs import partners

IDS = tf.range(100, 108, dtype=tf.int64)


def drawn(takers, givers, ids=IDS, count=50):
  return np.stack(
    [
      partners.draw([seed, 3], ids, takers=takers, givers=givers)
      for seed in range(count)
    ]
  )


def test_without_restrictions_no_image_is_its_own_partner():
  found = drawn([*range(8)], [*range(8)], count=3)
  expected = [pairing.derange(tf.constant([s, 3]), IDS) for s in range(3)]
  np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
  ('takers', 'givers'),
  [
    ([0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3]),
    ([4, 5, 6, 7], [0, 1, 2]),
    ([0, 1, 2, 3], [0, 1, 2, 3]),
    ([0, 1, 2], [0, 1, 2, 3, 4, 5]),
    ([0, 1, 4, 5, 6], [5, 2]),
    ([3], [6]),
  ],
)
def test_targets_get_another_source_and_others_keep_themselves(takers, givers):
  found = drawn(takers, givers)
  assert found.dtype == np.int32 and found.shape == (50, 8)
  for i in range(8):
    if i in takers:
      assert set(found[:, i]) == set(givers) - {i}
    else:
      assert set(found[:, i]) == {i}


def test_sources_are_used_about_equally():
  found = drawn([*range(8)], [0, 1, 2, 3])
  counts = np.stack([np.bincount(row, minlength=8) for row in found])
  assert np.all(counts[:, :4] == 2) and np.all(counts[:, 4:] == 0)
  one_more = drawn([3, 4, 5, 6, 7], [0, 1], count=20)[:, 3:]
  assert all(sorted(np.bincount(row)) == [2, 3] for row in one_more)


def test_a_repeated_source_is_not_its_own_partner():
  ids = tf.constant([5, 5, 6, 7, 1, 2, 3, 4], tf.int64)
  found = drawn([0, 1, 2, 3], [0, 1, 2, 3], ids)
  assert not np.isin(found[:, :2], [0, 1]).any()
