"""Rows are gathered by fraction; what cannot be averaged says why."""

import dataclasses
import shutil

import pytest
import table_runs

from experiments import measured
from experiments.resampled_runs import Resampler
from experiments.rows import shared, table


def read(runs, of, seeds=()):
  reader = measured.Reader(str(runs.folder), Resampler(20))
  return {part.row.id: part for part in reader.parts(of, seeds)}


def test_values_are_in_percent_and_in_the_order_of_the_seeds(runs, pair):
  runs.evaluate(runs.path(pair.row('none'), 1), 1, 1.0, pasted=0.0)
  part = read(runs, pair, [0, 1])['none']
  values = part.values('mask_ap')
  assert values[0] < 90 and values[1] == pytest.approx(100)
  assert part.values('no_such') is None
  names = {*table_runs.run_folder.NAMES.values()}
  assert {*part.categories('mask_ap')} == names
  assert part.categories('mask_ap', [1])['disc'] == [pytest.approx(100)]


def test_a_missing_seed_leaves_no_mean(runs, pair):
  shutil.rmtree(runs.path(pair.row('none'), 1))
  shutil.rmtree(runs.folder / 'pair/pasted')
  found = read(runs, pair, [0, 1])
  assert found['none'].problem == 'seed 1: not begun'
  assert found['none'].begun
  assert found['pasted'].problem == 'seeds 0, 1: not begun'
  assert not found['pasted'].begun


def test_the_seeds_are_those_of_the_row_or_those_asked_for(parts, whole, pair):
  assert [part.seeds for part in parts] == [table_runs.SEEDS] * 2
  assert not any(part.problem for part in parts)
  part = read(whole, pair, [2])['none']
  assert part.seeds == (2,) and [*part.runs] == [2]


def test_runs_of_other_code_leave_no_mean(runs, pair):
  path = runs.path(pair.row('none'), 1) / 'versions.json'
  table_runs.change(path, git_commit='b' * 40)
  assert read(runs, pair, [0, 1])['none'].problem == (
    'mixed git_commit: aaaaaaa (seed 0), bbbbbbb (seed 1); remove the folders '
    'of one and start run_table again'
  )


def test_rows_of_two_tables_share_their_runs(whole, pair):
  again = table('again', 'Again', [shared(pair.row('none'), 'base')])
  only = dataclasses.replace(pair, rows=(pair.row('none'),))
  reader = measured.Reader(str(whole.folder), Resampler(20))
  (first,), (second,) = reader.parts(only, [0]), reader.parts(again, [0])
  assert second.row.id == 'base' and second.runs[0] is first.runs[0]


def test_detections_are_forgotten_once_they_are_measured(parts):
  assert parts[0].runs[0].run.predictions is None
  assert len(parts[0].resampled[0].ap['box_ap']) == 100


def test_the_metric_that_decides_is_first(parts):
  assert measured.metrics(parts) == ['mask_ap', 'box_ap']
