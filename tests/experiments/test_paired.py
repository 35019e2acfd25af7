"""Differences are taken seed by seed, with two intervals."""

import dataclasses

import numpy as np
import pytest

from experiments import paired
from experiments.intervals import Interval
from experiments.resampled_runs import Resampled


def mask_ap(parts):
  return next(paired.differences(parts))


def with_seeds(parts, *seeds):
  return [dataclasses.replace(part, seeds=seeds) for part in parts]


def test_a_difference_has_a_value_for_each_seed_and_both_intervals(parts):
  one = mask_ap(parts)
  expected = np.subtract(one.part.values('mask_ap'), one.base.values('mask_ap'))
  np.testing.assert_allclose(one.values, expected)
  mean = np.mean(expected)
  assert one.metric == 'mask_ap' and mean > 5
  assert one.over_seeds.low < mean < one.over_seeds.high
  assert one.over_images.low < mean < one.over_images.high
  assert -1 <= one.correlation <= 1


def test_draws_are_paired(parts):
  one = mask_ap(parts)
  arms = [
    np.mean([part.resampled[s].ap['mask_ap'] for s in part.seeds], 0)
    for part in (one.part, one.base)
  ]
  limits = np.percentile(100 * np.subtract(*arms), [2.5, 97.5])
  assert one.over_images == pytest.approx(limits)


@pytest.mark.parametrize(
  ('seeds', 'images', 'number', 'clear'),
  [
    ((1, 2), (1, 2), 3, True),
    ((-1, 2), (1, 2), 3, False),
    ((1, 2), (-1, 2), 3, False),
    ((1, 2), (1, 2), 2, False),
    ((1, 2), None, 3, False),
  ],
)
def test_a_clear_difference_needs_both_intervals_and_three_seeds(
  parts, seeds, images, number, clear
):
  one = dataclasses.replace(
    mask_ap(parts),
    values=[1.5] * number,
    over_seeds=Interval(*seeds),
    over_images=Interval(*images) if images else None,
  )
  assert one.is_clear == clear


def test_one_seed_has_an_interval_over_images_only(parts):
  one = mask_ap(with_seeds(parts, 1))
  assert len(one.values) == 1 and one.correlation is None
  assert one.over_seeds is None and one.over_images


def test_seeds_that_only_one_arm_has_are_left_out(parts):
  base = with_seeds(parts, 0, 1)[0]
  assert mask_ap([base, parts[1]]).values == mask_ap(parts).values[:2]
  base = dataclasses.replace(base, seeds=())
  assert mask_ap([base, parts[1]]).problem == 'no seed in common'


def test_arms_of_other_code_have_no_difference(parts):
  changed = {
    seed: dataclasses.replace(run, code=run.code | {'git_commit': 'c' * 40})
    for seed, run in parts[1].runs.items()
  }
  pasted = dataclasses.replace(parts[1], runs=changed)
  one = mask_ap([parts[0], pasted])
  assert one.problem.startswith(
    'mixed git_commit: aaaaaaa (seed 0 1 2), ccccccc (seed 0 1 2); remove the '
  )
  assert not one.part.problem and not one.values


def test_arms_of_a_recipe_have_the_same_training_records(parts):
  changed = {
    seed: dataclasses.replace(run, trained_on='other')
    for seed, run in parts[1].runs.items()
  }
  pasted = dataclasses.replace(parts[1], runs=changed)
  assert mask_ap([parts[0], pasted]).problem == 'mixed training records'
  # Another recipe may learn from other records, as a student does.
  row = dataclasses.replace(pasted.row, recipe='shapes_selftraining_cpu')
  student = dataclasses.replace(pasted, row=row)
  assert mask_ap([parts[0], student]).values


def test_arms_start_from_the_same_weights_unless_the_rows_say_so(parts):
  changed = {
    seed: dataclasses.replace(run, started_from='other')
    for seed, run in parts[1].runs.items()
  }
  pasted = dataclasses.replace(parts[1], runs=changed)
  assert mask_ap([parts[0], pasted]).problem == (
    'mixed weights to start from (init_checkpoint)'
  )
  line = "TaskConfig.init_checkpoint = 'data/r50'"
  for said in ({'bindings': (line,)}, {'start': 'shapes/none'}):
    row = dataclasses.replace(pasted.row, **said)
    assert mask_ap([parts[0], dataclasses.replace(pasted, row=row)]).values


def test_without_detections_the_reason_stands_in_place_of_an_interval(parts):
  lost = Resampled({}, {}, 0, 'no detections.json')
  resampled = parts[0].resampled | {2: lost}
  base = dataclasses.replace(parts[0], resampled=resampled)
  one = mask_ap([base, parts[1]])
  assert one.over_seeds and one.over_images is None
  assert one.note == 'no detections.json' and not one.is_clear


def test_a_problem_of_an_arm_leaves_no_difference(parts):
  base = dataclasses.replace(parts[0], problem='seed 7: not begun')
  one = mask_ap([base, parts[1]])
  assert one.problem == 'seed 7: not begun' and not one.values


def test_a_baseline_has_no_difference(parts):
  rows = {one.part.row.id for one in paired.differences(parts)}
  assert rows == {'pasted'}
