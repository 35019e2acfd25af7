"""The small tables of a transfer: pairs differ in their first weights alone."""

import pytest

from experiments import tables, tables_transfer


@pytest.mark.parametrize('table', tables_transfer.TABLES, ids=lambda t: t.id)
def test_the_pairs_differ_in_the_detector_that_they_start_from(table):
  without, pasted = (table.row(name) for name in ('none', 'copy_paste'))
  assert (without.recipe, without.bindings) == (pasted.recipe, pasted.bindings)
  starts = [tables.at(row.start) for row in (without, pasted)]
  assert starts[0].bindings == ('TrainData.copy_paste = None',)
  assert starts[1].bindings == ()
