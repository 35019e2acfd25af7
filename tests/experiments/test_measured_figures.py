"""Figures have our points, and of the paper only what its text says."""

import dataclasses

import pytest

from experiments import measured_figures, tables


def drawn(part, name, fraction, steps):
  """Returns a part as one of another row, fraction and length."""
  lines = (*part.row.bindings[:-1], f'schedule.train_steps = {steps}')
  row = dataclasses.replace(part.row, id=name, bindings=lines)
  trainer = {'train_steps': steps}
  runs = {
    seed: dataclasses.replace(
      one, run=one.run._replace(params=one.run.params.replace(trainer=trainer))
    )
    for seed, one in part.runs.items()
  }
  return dataclasses.replace(part, row=row, fraction=fraction, runs=runs)


@pytest.fixture(scope='module')
def lengths(pair, parts):
  """Two arms, each at two lengths and two fractions."""
  arms = zip(('none', 'copy_paste'), parts, strict=True)
  return [
    drawn(part, f'{arm}_{steps}', fraction, steps)
    for arm, part in arms
    for steps in (4, 8)
    for fraction in (0.1, 1.0)
  ]


def test_rows_that_differ_in_length_alone_are_one_curve(pair, lengths):
  found = measured_figures.of_table(pair, lengths)
  assert [*found] == ['fractions', 'steps']
  for arm in ('none', 'copy_paste'):
    for part in ('10%', '100%'):
      assert f'<!-- {arm}_4 to {arm}_8, {part} -->' in found['steps']
  for part in lengths:
    assert f'<!-- {part.row.id} -->' in found['fractions']


def test_the_same_points_give_the_same_bytes(pair, lengths):
  first = measured_figures.of_table(pair, lengths)
  assert measured_figures.of_table(pair, lengths) == first


def test_a_single_point_is_no_figure(pair, lengths):
  assert not measured_figures.of_table(pair, lengths[:1])


def test_a_part_with_a_problem_is_not_drawn(pair, lengths):
  faulty = [dataclasses.replace(lengths[0], problem='mixed'), *lengths[1:]]
  found = measured_figures.of_table(pair, faulty)
  assert '<!-- none_4 -->' not in found['fractions']


def test_sentences_of_the_paper_stand_below_its_figures_and_their_forms():
  texts = {s.text for s in measured_figures.statements(tables.get('e1'))}
  assert texts == {
    s.text for s in measured_figures.STATEMENTS if s.figure in (1, 4, 5)
  }
  assert not [*measured_figures.statements(tables.get('10'))]


def test_a_gain_of_the_text_is_a_bracket_on_our_base(lengths):
  said = [
    measured_figures.Statement(5, 'a', 6.9, 0.1, 'copy_paste_4', 'none_4')
  ]
  series = {'none_4': [(p.fraction, p) for p in lengths[:2]]}
  boxes, masks = (
    measured_figures.figure('title', series, 'part', [metric], said)
    for metric in ('box_ap', 'mask_ap')
  )
  assert '+6.9 (paper)' in boxes
  assert '+6.9 (paper)' not in masks  # The text has box AP only.
