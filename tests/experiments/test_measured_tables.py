"""The page has means, differences, their conditions, and what is missing."""

import dataclasses

import pytest
import table_runs

from experiments import measured, measured_tables
from experiments.resampled_runs import Resampler

SEEDS = (0, 1, 2)


@pytest.fixture(scope='module')
def pair():
  return table_runs.pair(SEEDS)


@pytest.fixture(scope='module')
def runs(tmp_path_factory, pair):
  runs = table_runs.Runs(tmp_path_factory.mktemp('tables') / 'runs')
  for row in pair.rows:
    for seed in SEEDS:
      runs.write(row, seed, 0.5)
  return runs


def text(runs, of, seeds=()):
  reader = measured.Reader(str(runs.folder), Resampler(20))
  return measured_tables.of_table(of, reader.parts(of, seeds))


def cells(page, row):
  """Returns the cells of each line about a row."""
  lines = [x for x in page.splitlines() if x.startswith(f'| {row} |')]
  return [[c.strip() for c in x.strip('|').split(' | ')] for x in lines]


def test_a_row_has_its_conditions_and_mean_with_deviation(runs, pair):
  page = text(runs, pair)
  (line,) = cells(page, 'none')
  assert line[:4] == ['none', '100%', '4', '0, 1, 2']
  assert ' ± ' in line[4] and ' ± ' in line[5]
  assert '- Commit: aaaaaaa\n' in page
  assert f'- Validation images: {table_runs.IMAGES}' in page
  assert '- Devices: 1 CPU\n' in page


def test_a_difference_has_its_number_of_seeds_and_two_intervals(runs, pair):
  _, mask, box = cells(text(runs, pair), 'pasted')
  assert mask[1:4] == ['none', '100%', 'mask AP'] and box[3] == 'box AP'
  assert mask[4] == '+0.0 (n = 3)'  # The same detections in both arms.
  assert mask[5:] == ['[+0.0, +0.0]', '[+0.0, +0.0]', 'no']


def test_one_run_has_no_deviation(runs, pair):
  (line,) = cells(text(runs, pair, [1]), 'none')
  assert line[4].endswith(' (n = 1)')


def test_a_problem_stands_in_place_of_the_mean(runs, pair):
  page = text(runs, pair, [0, 9])
  (line,) = cells(page, 'none')
  assert line[4:] == ['seed 9: not begun', '-']
  assert cells(page, 'pasted')[1][4:] == ['-'] * 4
  nothing = table_runs.Runs(runs.folder / 'other')
  nothing.write(pair.row('pasted'), 0, pasted=0.0)
  (line,) = cells(text(nothing, pair, [0]), 'pasted')
  assert line[4].startswith('seed 0: copy_paste never acted')


def test_rows_that_were_never_begun_are_listed_below(runs, pair):
  longer = dataclasses.replace(pair.row('none'), id='long', home='pair/long')
  more = dataclasses.replace(pair, rows=(*pair.rows, longer))
  page = text(runs, more)
  assert page.endswith('Not run: long at 100%.') and not cells(page, 'long')


def test_published_numbers_name_their_source_and_whose_they_are(runs, pair):
  keys = {'none': 'table10/none', 'pasted': 'table10/random'}
  for field, end in (('expected', ')'), ('form_of', ', at full size)')):
    named = [
      dataclasses.replace(row, **{field: keys[row.id]}) for row in pair.rows
    ]
    page = text(runs, dataclasses.replace(pair, rows=tuple(named)))
    line, gain, _ = cells(page, 'pasted')
    assert line[-1] == f'43.7 / 50.0 mask AP / box AP (paper, Table 10{end}'
    assert gain[-1] == '+1.0'


def test_a_bar_in_a_cell_does_not_end_it():
  assert measured_tables.grid(['a'], [['x|y']]).endswith('| x\\|y |')


@pytest.mark.parametrize(
  ('metric', 'name'),
  [
    ('mask_ap', 'mask AP'),
    ('mask_ap_rare', 'mask AP rare'),
    ('voc07_ap50', 'AP50 of VOC 2007'),
    ('recall_at_5', 'recall at 5'),
  ],
)
def test_metrics_have_names_for_people(metric, name):
  assert measured_tables.metric_name(metric) == name
