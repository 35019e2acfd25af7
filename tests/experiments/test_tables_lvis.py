"""The tables on LVIS: each second stage starts from its own first one."""

import pytest

from experiments import tables, tables_lvis


@pytest.mark.parametrize('table', tables_lvis.TABLES, ids=lambda t: t.id)
def test_a_second_stage_starts_from_the_first_stage_of_its_recipe(table):
  second = [row for row in table.rows if row.recipe.endswith('_balanced')]
  assert bool(second) == (table.id != '8')
  for row in second:
    first = tables.at(row.start)
    assert f'{first.recipe}_balanced' == row.recipe
    assert ('copypaste' in row.recipe) == ('copy_paste' in row.id)


def test_the_first_stages_of_table_9_are_the_runs_of_table_8():
  starts = [row.start for row in tables_lvis.TABLE_9.rows]
  assert starts == [row.home for row in tables_lvis.TABLE_8.rows]
