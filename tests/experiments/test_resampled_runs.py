"""AP on resampled images belongs to the evaluation that the run reports."""

import json

import numpy as np
import pytest
import table_runs

from experiments import cells, measured_run
from experiments.resampled_runs import Resampler


@pytest.fixture
def none(pair):
  return pair.row('none')


def read(runs, row):
  command = cells.command('', row.recipe, row.lines(1.0, 0))
  return measured_run.read(str(runs.path(row, 0)), command)


def test_draws_spread_around_the_measured_ap(whole, none):
  run = read(whole, none)
  resampled = Resampler(150).measure(run)
  assert resampled.images == table_runs.IMAGES and not resampled.note
  for metric in ('box_ap', 'mask_ap'):
    draws = resampled.ap[metric]
    assert draws.shape == (150,) and draws.std() > 0.01
    low, high = np.percentile(draws, [1, 99])
    assert low < run.metrics[metric] < high
  mean = np.mean([*resampled.categories['mask_ap'].values()])
  assert mean == pytest.approx(run.metrics['mask_ap'], abs=1e-6)


def test_all_runs_are_measured_on_the_same_draws(whole, none):
  run = read(whole, none)
  first, second = (Resampler(20).measure(run).ap['mask_ap'] for _ in range(2))
  np.testing.assert_array_equal(first, second)


def test_detections_of_another_checkpoint_are_refused(runs, none):
  path = runs.path(none, 0) / 'detections.json'
  path.write_text(json.dumps(json.loads(path.read_text())[:3]))
  resampled = Resampler(10).measure(read(runs, none))
  assert not resampled.ap
  assert 'another checkpoint was evaluated later' in resampled.note
  path.unlink()
  assert Resampler(10).measure(read(runs, none)).note == 'no detections.json'


def test_a_run_whose_records_are_gone_has_its_metrics_and_no_draws(runs, none):
  params = runs.path(none, 0) / 'params.yaml'
  params.write_text(params.read_text().replace(runs.records, '/gone.tfrecord'))
  run = read(runs, none)
  resampled = Resampler(10).measure(run)
  assert run.metrics and not resampled.ap
  assert resampled.note == 'the evaluation records are gone'
