import pytest

from experiments import category_figures


def test_gains_are_relative_to_the_mean_and_in_the_order_of_the_base():
  base = {'easy': [50.0, 50.0], 'hard': [10.0, 30.0], 'chance': [0.5, 0.9]}
  pasted = {'easy': [55.0, 50.0], 'hard': [12.0, 40.0], 'chance': [3.0, 3.0]}
  gains, left = category_figures.relative_gains(pasted, base)
  assert [*gains] == ['hard', 'easy'] and left == ['chance']
  assert gains['hard'] == pytest.approx([10, 50])
  assert gains['easy'] == pytest.approx([10, 0])


def test_a_category_of_one_arm_alone_is_left_out():
  gains, left = category_figures.relative_gains({'a': [9.0]}, {'b': [9.0]})
  assert not gains and not left


def test_a_pair_of_rows_has_a_bar_for_each_category(parts):
  svg = category_figures.of_pair(parts[1], parts[0], 'mask_ap')
  for name in ('disc', 'square', 'star', 'ring', 'pasted over none'):
    assert f'<!-- {name}' in svg
  assert category_figures.of_pair(parts[1], parts[0], 'no_ap') is None
