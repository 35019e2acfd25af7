"""Rows are gathered by fraction; what cannot be averaged says why."""

import dataclasses

import pytest
import table_runs

from experiments import measured
from experiments.resampled_runs import Resampler
from experiments.rows import shared, table

SEEDS = (0, 1)


@pytest.fixture
def pair():
  return table_runs.pair(SEEDS)


@pytest.fixture
def runs(tmp_path):
  return table_runs.Runs(tmp_path / 'runs')


def parts(runs, of, seeds=()):
  reader = measured.Reader(str(runs.folder), Resampler(20))
  return {part.row.id: part for part in reader.parts(of, seeds)}


def test_values_are_in_percent_and_in_the_order_of_the_seeds(runs, pair):
  runs.write(pair.row('none'), 0, found=1.0)
  runs.write(pair.row('none'), 1, found=0.5)
  part = parts(runs, pair)['none']
  values = part.values('mask_ap')
  assert values[0] == pytest.approx(100) and values[1] < 90
  assert part.values('no_such') is None
  assert {*part.categories('mask_ap')} == {
    *table_runs.run_folder.NAMES.values()
  }
  assert part.categories('mask_ap', [0])['disc'] == [pytest.approx(100)]


def test_a_missing_seed_leaves_no_mean(runs, pair):
  runs.write(pair.row('none'), 0)
  found = parts(runs, pair)
  assert found['none'].problem == 'seed 1: not begun'
  assert found['none'].begun
  assert found['pasted'].problem == 'seeds 0, 1: not begun'
  assert not found['pasted'].begun


def test_other_seeds_may_be_asked_for(runs, pair):
  runs.write(pair.row('none'), 5)
  part = parts(runs, pair, seeds=[5])['none']
  assert not part.problem and part.seeds == (5,)


def test_runs_of_other_code_leave_no_mean(runs, pair):
  runs.write(pair.row('none'), 0)
  folder = runs.write(pair.row('none'), 1)
  table_runs.change(folder / 'versions.json', git_commit='b' * 40)
  assert parts(runs, pair)['none'].problem == (
    'mixed git_commit: aaaaaaa, bbbbbbb'
  )


def test_rows_of_two_tables_share_their_runs(runs, pair):
  runs.write(pair.row('none'), 0)
  again = table('again', 'Again', [shared(pair.row('none'), 'base')])
  reader = measured.Reader(str(runs.folder), Resampler(20))
  (first,) = reader.parts(
    dataclasses.replace(pair, rows=(pair.row('none'),)), [0]
  )
  (second,) = reader.parts(again, [0])
  assert second.row.id == 'base' and second.runs[0] is first.runs[0]


def test_detections_are_forgotten_once_they_are_measured(runs, pair):
  runs.write(pair.row('none'), 0)
  part = parts(runs, pair, [0])['none']
  assert part.runs[0].run.predictions is None
  assert len(part.resampled[0].ap['box_ap']) == 20


def test_the_metric_that_decides_is_first(runs, pair):
  runs.write(pair.row('none'), 0)
  found = measured.metrics([*parts(runs, pair, [0]).values()])
  assert found == ['mask_ap', 'box_ap']
