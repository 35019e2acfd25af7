"""Rows and cells: where runs lie, and in which order they run."""

import pytest

from experiments import rows

FRACTIONS = {0.1: (1, 2), 1.0: (1,)}


@pytest.fixture
def table():
  return rows.table(
    't', 'A table', [rows.Row('a', 'r', seeds=FRACTIONS), rows.Row('b', 'r')]
  )


def test_a_run_lies_in_the_folder_of_its_table_row_fraction_and_seed(table):
  cell = rows.Cell(table.row('a'), 0.1, 2)
  assert cell.path == 't/a/0.1/2'
  assert cell._replace(fraction=1.0).path == 't/a/1/2'


def test_all_rows_of_a_seed_run_before_the_next_seed(table):
  order = [(c.seed, c.fraction, c.row.id) for c in rows.cells(table.rows)]
  assert order == [
    (0, 1.0, 'b'),
    *((1, 0.1, 'a'), (1, 1.0, 'a'), (1, 1.0, 'b')),
    *((2, 0.1, 'a'), (2, 1.0, 'b')),
  ]


def test_seeds_and_fractions_can_be_chosen(table):
  chosen = [*rows.cells(table.rows, [7], [0.1])]
  assert [cell.path for cell in chosen] == ['t/a/0.1/7']


def test_a_shared_row_has_the_runs_of_the_other_and_facts_of_its_own(table):
  first = rows.Row('a', 'r', ('x = 1',), expected='k', against='b', home='u/a')
  row = rows.shared(first, 'c', form_of='n')
  other = rows.table('other', 'Another table', [row]).row('c')
  assert (other.home, other.bindings) == ('u/a', ('x = 1',))
  assert (other.expected, other.against, other.form_of) == ('', '', 'n')


def test_the_seed_and_the_steps_of_a_fraction_are_bound():
  row = rows.Row('a', 'r', ('x = 1',), steps={0.1: 5})
  assert row.lines(1.0, 3) == ['x = 1', 'TrainData.seed = 3']
  assert row.lines(0.1, 3)[2:] == ['schedule.train_steps = 5']


def test_a_row_that_does_not_exist_is_named_with_those_that_do(table):
  with pytest.raises(ValueError, match="no row 'c', only a, b"):
    table.row('c')
