"""The page has means, differences, their conditions, and what is missing."""

import dataclasses

import numpy as np
import pytest
import table_runs

from experiments import measured_tables, paired


def cells(page, row):
  """Returns the cells of each line about a row."""
  lines = [x for x in page.splitlines() if x.startswith(f'| {row} |')]
  return [[c.strip() for c in x.strip('|').split(' | ')] for x in lines]


def with_row(part, **changes):
  return dataclasses.replace(part, row=dataclasses.replace(part.row, **changes))


def test_a_row_has_its_conditions_and_mean_with_deviation(pair, parts):
  page = measured_tables.of_table(pair, parts)
  (line,) = cells(page, 'none')
  assert line[:4] == ['none', '100%', '4', '0, 1, 2']
  values = parts[0].values('mask_ap')
  mean, deviation = np.mean(values), np.std(values, ddof=1)
  assert line[4] == f'{mean:.1f} ± {deviation:.1f}'
  assert '- Commit: aaaaaaa\n' in page
  assert f'- Validation images: {table_runs.IMAGES}' in page
  assert '- Devices: 1 CPU\n' in page


def test_a_difference_has_its_number_of_seeds_and_two_intervals(pair, parts):
  _, mask, box = cells(measured_tables.of_table(pair, parts), 'pasted')
  assert mask[1:4] == ['none', '100%', 'mask AP'] and box[3] == 'box AP'
  one = next(paired.differences(parts))
  assert mask[4] == f'{np.mean(one.values):+.1f} (n = 3)'
  for cell, interval in zip(
    mask[5:7], (one.over_seeds, one.over_images), strict=True
  ):
    assert cell == '[{:+.1f}, {:+.1f}]'.format(*interval)
  assert mask[7] == ('yes' if one.is_clear else 'no')


def test_one_run_has_no_deviation(pair, parts):
  single = dataclasses.replace(parts[0], seeds=(1,))
  (line,) = cells(measured_tables.of_table(pair, [single]), 'none')
  assert line[4] == f'{single.values("mask_ap")[0]:.1f} (n = 1)'


def test_a_problem_stands_in_place_of_the_mean(pair, parts):
  base = dataclasses.replace(parts[0], problem='seed 9: not begun')
  page = measured_tables.of_table(pair, [base, parts[1]])
  (line,) = cells(page, 'none')
  assert line[4:] == ['seed 9: not begun', '-']
  assert cells(page, 'pasted')[1][4:] == ['-'] * 4


def test_a_table_without_any_number_has_its_problems(pair, parts):
  faulty = dataclasses.replace(parts[1], problem='seed 0: faulty', runs={})
  page = measured_tables.of_table(pair, [faulty])
  assert cells(page, 'pasted')[0][4:] == ['seed 0: faulty']
  assert '| result |' in page


def test_rows_that_were_never_begun_are_listed_below(pair, parts):
  absent = dataclasses.replace(
    with_row(parts[0], id='long'), begun=False, runs={}, fraction=0.1
  )
  page = measured_tables.of_table(pair, [*parts, absent])
  assert page.endswith('Not run: long at 10%.') and not cells(page, 'long')


@pytest.mark.parametrize(
  ('field', 'end'), [('expected', ')'), ('form_of', ', at full size)')]
)
def test_published_numbers_name_their_source_and_whose_they_are(
  pair, parts, field, end
):
  keys = ('table10/none', 'table10/random')
  named = [
    with_row(part, **{field: key})
    for part, key in zip(parts, keys, strict=True)
  ]
  line, gain, _ = cells(measured_tables.of_table(pair, named), 'pasted')
  assert line[-1] == f'43.7 / 50.0 mask AP / box AP (paper, Table 10{end}'
  assert gain[-1] == '+1.0' + end.strip(')')


def test_a_difference_between_the_arms_code_stands_below(pair, parts):
  changed = {
    seed: dataclasses.replace(run, code=run.code | {'tensorflow': '2.19.0'})
    for seed, run in parts[1].runs.items()
  }
  other = dataclasses.replace(parts[1], runs=changed)
  page = measured_tables.of_table(pair, [parts[0], other])
  assert '- pasted at 100% against none: mixed tensorflow: 2.19.0 (' in page


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
