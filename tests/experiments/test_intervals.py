import numpy as np
import pytest

from experiments import intervals


def test_the_interval_over_seeds_is_that_of_a_table_of_students_t():
  values = [1.0, 2.0, 3.0]
  low, high = intervals.over_seeds(values)
  # 4.303 is the quantile for 2 degrees of freedom.
  half = 4.3027 * 1 / np.sqrt(3)
  assert (low, high) == pytest.approx((2 - half, 2 + half), abs=1e-4)


def test_the_pilot_of_six_pairs_has_the_interval_that_was_published():
  without = [29.9, 23.2, 30.7, 30.7, 25.3, 27.7]
  pasted = [32.2, 29.4, 32.0, 31.7, 29.5, 29.6]
  interval = intervals.over_seeds(np.subtract(pasted, without))
  assert [round(x, 1) for x in interval] == [0.7, 4.9]


def test_one_value_has_no_interval():
  assert intervals.over_seeds([1.0]) is None
  assert intervals.of_draws(np.full(5, np.nan)) is None


def test_draws_lose_both_tails_and_those_without_a_value():
  values = np.concatenate([np.arange(1001.0), [np.nan]])
  assert intervals.of_draws(values) == pytest.approx((25, 975))


@pytest.mark.parametrize(
  ('limits', 'expected'),
  [((0.1, 2), True), ((-2, -0.1), True), ((-1, 1), False), ((0, 1), False)],
)
def test_zero_is_excluded_on_either_side(limits, expected):
  assert intervals.Interval(*limits).excludes_zero == expected
