"""The figures: lengths and fractions of their rows."""

import pathlib
import re

import pytest

from experiments import tables_figures

ROOT = pathlib.Path(__file__).parents[2]


def test_the_points_of_figure_4_have_the_epochs_of_their_names():
  rows = tables_figures.FIGURE_4.rows
  assert {int(re.search(r'_(\d+)_', row.id)[1]) for row in rows} == {
    *(36, 96, 192, 384, 576)
  }
  for row in rows:
    epochs = row.steps[1.0] * 256 / 118_287
    assert epochs == pytest.approx(int(re.search(r'_(\d+)_', row.id)[1]), 1e-3)


def test_the_page_has_the_steps_of_figure_5():
  page = (ROOT / 'docs/experiments.md').read_text()
  lines = re.findall(
    r'^\| ([\d.]+) \| ([\d.]+)k \| ([\d,]+) \| ([\d,]+) \|$', page, re.MULTILINE
  )
  steps = {float(line[0]): int(line[2].replace(',', '')) for line in lines}
  row = tables_figures.FIGURE_5.row
  assert row('lsj_copy_paste').steps == steps
  assert row('lsj_none_2x').steps == {f: 2 * n for f, n in steps.items()}
  assert row('ssj_none').steps == {f: n // 4 for f, n in steps.items()}
  for fraction, images, count, passes in lines:
    assert float(images) == round(float(fraction) * 118.287, 1)
    shown = int(count.replace(',', '')) * 256 / (float(fraction) * 118_287)
    assert abs(shown - int(passes.replace(',', ''))) < 1


def test_figure_1_has_two_rows_of_figure_5_and_figure_6_two_of_table_1():
  homes = [row.home for row in tables_figures.FIGURE_1.rows]
  assert homes == ['figure5/ssj_none', 'figure5/lsj_copy_paste']
  homes = [row.home for row in tables_figures.FIGURE_6.rows]
  assert homes == ['1/effb7_640_lsj', '1/effb7_640_lsj_copy_paste']
