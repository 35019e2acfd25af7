"""The small tables: they are what the plan says, and their pairs match."""

import pathlib
import re

import pytest

from experiments import tables_small

PLAN = pathlib.Path(__file__).parents[2] / 'experiments/plan.md'


def numbers(text):
  """Returns the numbers of `1 to 3`, `0.25, 1.0` or `240 and 720`."""
  first_to_last = re.fullmatch(r'(\d) to (\d)', text)
  if first_to_last:
    first, last = map(int, first_to_last.groups())
    return [*range(first, last + 1)]
  return [float(x) for x in re.split(', | and ', text)]


def planned():
  """Yields `(table, row, fraction, seeds)` of the plan."""
  for line in PLAN.read_text().splitlines():
    cells = [cell.strip() for cell in line.strip('|').split('|')]
    if len(cells) != 6 or not cells[0].startswith('`'):
      continue
    table = cells[0].strip('`')
    for name in re.findall(r'`(\w+)`', cells[1]):
      for steps in numbers(cells[2]):
        for fraction in numbers(cells[4]):
          row = f'{name}_{steps:.0f}' if table == 'e1' else name
          yield table, row, fraction, tuple(map(int, numbers(cells[5])))


def test_the_rows_on_nuclei_are_those_of_the_plan():
  rows = {
    (table.id, row.id, fraction, tuple(seeds))
    for table in tables_small.TABLES
    for row in table.rows
    if row.data == 'nuclei'
    for fraction, seeds in row.seeds.items()
  }
  assert rows == {*planned()}


@pytest.mark.parametrize('table', ['e1', 'nuclei_subset'])
def test_a_pair_differs_in_what_is_pasted_alone(table):
  rows = {t.id: t for t in tables_small.TABLES}[table]
  pairs = [(row, rows.row(row.against)) for row in rows.rows if row.against]
  for row, other in pairs:
    names = {
      line.partition('=')[0].strip()
      for line in {*row.bindings} ^ {*other.bindings}
    }
    assert all('paste' in n.lower() or 'compos' in n for n in names), row.id
    assert (row.recipe, row.data) == (other.recipe, other.data)
    assert {*row.seeds} <= {*other.seeds}
  assert len(pairs) >= 3
