"""Differences are taken seed by seed, with two intervals."""

import numpy as np
import pytest
import table_runs

from experiments import measured, paired
from experiments.resampled_runs import Resampler

SEEDS = (0, 1, 2)
FOUND = {'none': 0.5, 'pasted': 0.8}


@pytest.fixture(scope='module')
def pair():
  return table_runs.pair(SEEDS)


@pytest.fixture(scope='module')
def runs(tmp_path_factory, pair):
  runs = table_runs.Runs(tmp_path_factory.mktemp('paired') / 'runs')
  for row in pair.rows:
    for seed in SEEDS:
      runs.write(row, seed, FOUND[row.id])
  return runs


def differences(runs, pair, seeds=()):
  parts = measured.Reader(str(runs.folder), Resampler(100)).parts(pair, seeds)
  return {one.metric: one for one in paired.differences(parts)}


def test_a_difference_has_a_value_for_each_seed_and_both_intervals(runs, pair):
  one = differences(runs, pair)['mask_ap']
  expected = np.subtract(one.part.values('mask_ap'), one.base.values('mask_ap'))
  np.testing.assert_allclose(one.values, expected)
  mean = np.mean(expected)
  assert one.over_seeds.low < mean < one.over_seeds.high
  assert one.over_images.low < mean < one.over_images.high
  assert -1 <= one.correlation <= 1
  assert one.is_clear == (
    one.over_seeds.excludes_zero and one.over_images.excludes_zero
  )


def test_pairing_narrows_the_interval_over_images(runs, pair):
  parts = measured.Reader(str(runs.folder), Resampler(100)).parts(pair)
  one = next(iter(paired.differences(parts)))
  arm = [part.resampled[0].ap['mask_ap'] for part in parts]
  both = np.hypot(*(100 * values.std() for values in arm))
  assert one.over_images.high - one.over_images.low < 2 * 1.96 * both


def test_few_seeds_are_never_clear(runs, pair):
  one = differences(runs, pair, [0, 1])['mask_ap']
  assert one.over_seeds and one.over_images and not one.is_clear
  one = differences(runs, pair, [0])['mask_ap']
  assert one.over_seeds is None and one.over_images and not one.is_clear


def test_arms_of_other_code_have_no_difference(runs, pair):
  paths = [
    runs.folder / f'pair/pasted/1/{seed}/versions.json' for seed in SEEDS
  ]
  for path in paths:
    table_runs.change(path, git_commit='c' * 40)
  one = differences(runs, pair)['mask_ap']
  for path in paths:
    table_runs.change(path, git_commit='a' * 40)
  assert one.problem == 'mixed git_commit: aaaaaaa, ccccccc'
  assert not one.part.problem and not one.values


def test_without_detections_the_reason_stands_in_place_of_an_interval(
  runs, pair
):
  path = runs.folder / 'pair/none/1/2/detections.json'
  content = path.read_text()
  path.unlink()
  one = differences(runs, pair)['mask_ap']
  path.write_text(content)
  assert one.over_seeds and one.over_images is None
  assert one.note == 'no detections.json' and not one.is_clear


def test_a_missing_seed_of_one_arm_leaves_no_difference(runs, pair):
  one = differences(runs, pair, [0, 7])['mask_ap']
  assert one.problem == 'seed 7: not begun'


def test_a_baseline_has_no_difference(runs, pair):
  assert {x.part.row.id for x in differences(runs, pair).values()} == {'pasted'}
