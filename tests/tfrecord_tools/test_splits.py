"""Splits are stable, disjoint and of about the shares that were asked for."""

from fractions import Fraction

import pytest

from tfrecord_tools import sharding, splits

SHARES = splits.parse(['train:0.7', 'val:0.2', 'test:0.1'])


def test_shares_are_exact_decimals():
  assert list(SHARES) == ['train', 'val', 'test']
  assert list(SHARES.values()) == [Fraction(k, 10) for k in (7, 2, 1)]
  assert splits.parse([' größe-1.a:1/3 ']) == {'größe-1.a': Fraction(1, 3)}
  assert splits.parse([]) == {}


@pytest.mark.parametrize(
  ('texts', 'message'),
  [
    (['train'], 'names each part once'),
    ([':0.5'], 'names each part once'),
    (['a/b:0.5'], 'names each part once'),
    (['a*:0.5'], 'names each part once'),
    (['a:0.5', 'a:0.5'], 'names each part once'),
    (['a:'], "above 0 and at most 1, got 'a:'"),
    (['a:x'], 'above 0 and at most 1'),
    (['a:0'], 'above 0 and at most 1'),
    (['a:-0.5'], 'above 0 and at most 1'),
    (['a:1.5'], 'above 0 and at most 1'),
    (['a:nan'], 'above 0 and at most 1'),
    (['a:1/0'], 'above 0 and at most 1'),
    (['a:0.75', 'b:0.26'], '1 in sum at most, got 1.01'),
    (['a:0.5', 'b:0.5000001'], r'got 1\.0000001'),
  ],
)
def test_malformed_splits_are_named(texts, message):
  with pytest.raises(ValueError, match=message):
    splits.parse(texts)


def test_an_image_is_in_one_split_and_all_are_taken():
  parts = splits.divide(range(5000), SHARES, seed=0)
  assert sorted(sum(parts.values(), [])) == list(range(5000))
  for name, share in SHARES.items():
    deviation = (5000 * share * (1 - share)) ** 0.5
    assert abs(len(parts[name]) - 5000 * share) < 5 * deviation


def test_an_image_stays_when_others_come():
  few = splits.divide(range(0, 2000, 3), SHARES, seed=1)
  all_of_them = splits.divide(range(2000), SHARES, seed=1)
  assert all(set(few[name]) < set(all_of_them[name]) for name in SHARES)
  other = splits.divide(range(2000), SHARES, seed=2)
  assert other['val'] != all_of_them['val']


def test_a_fraction_of_all_lies_in_the_first_split():
  parts = splits.divide(range(3000), SHARES, seed=5)
  half = sharding.sample(range(3000), fraction=0.5, seed=5)
  assert set(half) < set(parts['train'])


def test_the_rest_belongs_to_no_split():
  parts = splits.divide(range(1000), splits.parse(['a:0.5']), seed=0)
  assert 400 < len(parts['a']) < 600


def test_a_split_without_an_image_is_refused():
  with pytest.raises(ValueError, match='b:0.001 gets none of the 3 images'):
    splits.divide(range(3), splits.parse(['a:0.9', 'b:0.001']), seed=0)
  assert splits.divide([], SHARES, seed=0) == {k: [] for k in SHARES}
