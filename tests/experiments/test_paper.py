"""The numbers of the paper: each has a source, and all pages agree with it."""

import pathlib
import re

import pytest

from experiments import paper, tables

ROOT = pathlib.Path(__file__).parents[2]
SOURCES = r'paper, Table \d+|published README|MMDetection, .*|detectron2, .*'


def page():
  """Returns `{recipe: (numbers, source)}` of the published rows of results."""
  found = {}
  for line in (ROOT / 'experiments/results.md').read_text().splitlines():
    cells = [cell.strip() for cell in line.strip('|').split('|')]
    if len(cells) >= 4 and cells[0].startswith('`') and ',' in cells[3]:
      found[cells[0].strip('`')] = (cells[2], cells[3])
  return found


def test_every_number_has_a_source_and_is_a_percentage():
  for key, numbers in paper.RESULTS.items():
    for number in numbers.values():
      assert re.fullmatch(SOURCES, number.source), key
      assert 0 < number.value < 100, key
      if key.startswith('table'):
        table = re.match(r'table(\d+)/', key)[1]
        assert number.source == f'paper, Table {table}'


def expected(recipe, source):
  """Returns the numbers that rows of a recipe expect from a source."""
  table = tables.get(source.removeprefix('paper, Table '))
  for row in table.rows:
    if row.recipe == recipe and not row.bindings:
      return paper.RESULTS[row.expected]
  raise AssertionError(f'{table.id} has no row of {recipe}')


def test_the_page_of_results_has_the_numbers_that_the_rows_expect():
  checked = 0
  for recipe, (text, source) in page().items():
    if not source.startswith('paper, Table '):
      continue
    numbers = expected(recipe, source)
    names = (*paper.LVIS, 'box_ap') if recipe.startswith('lvis') else paper.COCO
    shown = [f'{numbers[n].value}' if n in numbers else '-' for n in names]
    assert text == ' / '.join(shown), recipe
    checked += 1
  assert checked >= 30


@pytest.mark.parametrize(
  ('key', 'numbers'),
  [
    ('table1/effb7_640_lsj_copy_paste', (50.0, 43.7)),
    ('table2/self_training', (50.0, 44.0)),
    ('table1/effb7_1280_lsj_copy_paste', (52.6, 45.9)),
    ('readme/effb7_1280_lsj_copy_paste', (52.5, 45.8)),
  ],
)
def test_numbers_that_are_often_mixed_up(key, numbers):
  assert tuple(n.value for n in paper.RESULTS[key].values()) == numbers
