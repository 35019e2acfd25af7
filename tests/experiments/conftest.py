"""Shares a pair of rows with three seeds each, written and read once."""

import pytest
import table_runs

FOUND = {'none': 0.5, 'pasted': 0.8}


@pytest.fixture(scope='session')
def pair():
  return table_runs.pair()


@pytest.fixture(scope='session')
def whole(tmp_path_factory, pair):
  """The runs of all seeds; a test must not change them."""
  runs = table_runs.Runs(tmp_path_factory.mktemp('pair') / 'runs')
  for row in pair.rows:
    for seed in table_runs.SEEDS:
      runs.write(row, seed, FOUND[row.id])
  return runs


@pytest.fixture
def runs(whole, tmp_path):
  """A copy of the runs, for a test that changes them."""
  return whole.copy(tmp_path / 'runs')


@pytest.fixture(scope='session')
def parts(whole, pair):
  """The parts of the pair: without and with Copy-Paste."""
  from experiments import measured
  from experiments.resampled_runs import Resampler

  return measured.Reader(str(whole.folder), Resampler(100)).parts(pair)
