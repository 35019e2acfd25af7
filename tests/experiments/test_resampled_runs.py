"""AP on resampled images belongs to the evaluation that the run reports."""

import json

import numpy as np
import pytest
import table_runs

from experiments import cells, measured_run
from experiments.resampled_runs import Resampler

ROW = table_runs.pair().row('none')


@pytest.fixture
def runs(tmp_path):
  return table_runs.Runs(tmp_path / 'runs')


def read(folder):
  command = cells.command('', ROW.recipe, ROW.lines(1.0, 0))
  return measured_run.read(str(folder), command)


def test_draws_spread_around_the_measured_ap(runs):
  run = read(runs.write(ROW, 0))
  resampled = Resampler(150).measure(run)
  assert resampled.images == table_runs.IMAGES and not resampled.note
  for metric in ('box_ap', 'mask_ap'):
    draws = resampled.ap[metric]
    assert draws.shape == (150,) and draws.std() > 0.01
    low, high = np.percentile(draws, [1, 99])
    assert low < run.metrics[metric] < high
  mean = np.mean([*resampled.categories['mask_ap'].values()])
  assert mean == pytest.approx(run.metrics['mask_ap'], abs=1e-6)


def test_all_runs_are_measured_on_the_same_draws(runs):
  folder = runs.write(ROW, 0)
  first, second = (
    Resampler(20).measure(read(folder)).ap['mask_ap'] for _ in range(2)
  )
  np.testing.assert_array_equal(first, second)


def test_detections_of_another_checkpoint_are_refused(runs):
  folder = runs.write(ROW, 0)
  detections = json.loads((folder / 'detections.json').read_text())
  (folder / 'detections.json').write_text(json.dumps(detections[:3]))
  resampled = Resampler(10).measure(read(folder))
  assert not resampled.ap
  assert 'another checkpoint was evaluated later' in resampled.note
  (folder / 'detections.json').unlink()
  assert Resampler(10).measure(read(folder)).note == 'no detections.json'
