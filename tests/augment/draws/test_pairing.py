import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf.augment.draws import pairing


def _derange(ids, seed):
  found = pairing.derange(tf.constant([seed, 0]), tf.constant(ids, tf.int64))
  return found.numpy()


@pytest.mark.parametrize('batch', [2, 3, 5, 8])
def test_pairing_is_a_permutation_without_fixed_points(batch):
  ids = np.arange(batch) * 7
  for seed in range(40):
    partner = _derange(ids, seed)
    assert sorted(partner) == list(range(batch))
    assert (partner != np.arange(batch)).all()


@pytest.mark.parametrize(
  'ids', [[5, 5, 1, 2], [5, 1, 5, 2, 1, 3], [1, 1, 1, 2, 3, 4], [2, 2, 1, 1]]
)
def test_repetitions_of_an_image_never_meet(ids):
  ids = np.array(ids)
  for seed in range(60):
    partner = _derange(ids, seed)
    assert sorted(partner) == list(range(len(ids)))
    assert (ids[partner] != ids).all()


def test_one_image_only_is_its_own_partner():
  assert _derange([3, 3, 3], 0).tolist() == pytest.approx([0, 1, 2])
  assert _derange([3], 0).tolist() == [0]


def test_partners_are_uniform():
  draws = 1500
  partners = np.stack([_derange([10, 11, 12, 13], s) for s in range(draws)])
  for i in range(4):
    counts = np.bincount(partners[:, i], minlength=4)
    assert counts[i] == 0
    others = np.delete(counts, i)
    sigma = np.sqrt(draws * (1 / 3) * (2 / 3))
    assert np.abs(others - draws / 3).max() < 4 * sigma


def test_pairing_agrees_in_all_modes():
  ids = tf.constant([4, 9, 4, 1, 2], tf.int64)
  results = list(
    reference.each_way(lambda s: pairing.derange(s, ids), tf.constant([5, 6]))
  )
  for _, found in results[1:]:
    np.testing.assert_array_equal(found, results[0][1])
