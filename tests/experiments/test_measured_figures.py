"""Figures have our points, and of the paper only what its text says."""

import dataclasses

import pytest
import table_runs

from experiments import measured, measured_figures, tables
from experiments.resampled_runs import Resampler
from experiments.rows import Row, table

NONE = table_runs.PASTE_NOTHING


@pytest.fixture(scope='module')
def lengths():
  """Two arms, each at two lengths and two fractions."""
  rows = [
    Row(
      f'{arm}_{steps}',
      'shapes_demo',
      (*lines, f'schedule.train_steps = {steps}'),
      seeds={0.1: (0, 1), 1.0: (0, 1)},
      against=f'none_{steps}' * (arm != 'none'),
    )
    for steps in (4, 8)
    for arm, lines in {'none': (NONE,), 'copy_paste': ()}.items()
  ]
  return table('lengths', 'Lengths', rows)


@pytest.fixture(scope='module')
def parts(tmp_path_factory, lengths):
  runs = table_runs.Runs(tmp_path_factory.mktemp('figures') / 'runs')
  for row in lengths.rows:
    for fraction in row.seeds:
      for seed in (0, 1):
        runs.write(row, seed, 0.5, fraction=fraction)
  return measured.Reader(str(runs.folder), Resampler(5)).parts(lengths)


def test_rows_that_differ_in_length_alone_are_one_curve(lengths, parts):
  found = measured_figures.of_table(lengths, parts)
  assert [*found] == ['fractions', 'steps']
  for arm in ('none', 'copy_paste'):
    for part in ('10%', '100%'):
      assert f'<!-- {arm}_4 to {arm}_8, {part} -->' in found['steps']
  for row in lengths.rows:
    assert f'<!-- {row.id} -->' in found['fractions']


def test_the_same_points_give_the_same_bytes(lengths, parts):
  first = measured_figures.of_table(lengths, parts)
  assert measured_figures.of_table(lengths, parts) == first


def test_a_single_point_is_no_figure(lengths, parts):
  assert not measured_figures.of_table(lengths, parts[:1])


def test_a_part_with_a_problem_is_not_drawn(lengths, parts):
  faulty = [dataclasses.replace(parts[0], problem='mixed'), *parts[1:]]
  found = measured_figures.of_table(lengths, faulty)
  assert '<!-- none_4 -->' not in found['fractions']


def test_sentences_of_the_paper_stand_below_its_figures_and_their_forms():
  texts = {s.text for s in measured_figures.statements(tables.get('e1'))}
  assert texts == {
    s.text for s in measured_figures.STATEMENTS if s.figure in (1, 4, 5)
  }
  assert not [*measured_figures.statements(tables.get('10'))]


def test_a_gain_of_the_text_is_a_bracket_on_our_base(parts):
  said = [
    measured_figures.Statement(5, 'a', 6.9, 0.1, 'copy_paste_4', 'none_4')
  ]
  series = {'none_4': [(0.1, parts[0])]}
  svgs = [
    measured_figures.figure('title', series, 'part', [metric], said)
    for metric in ('box_ap', 'mask_ap')
  ]
  assert '+6.9 (paper)' in svgs[0]
  assert '+6.9 (paper)' not in svgs[1]  # The text has box AP only.
