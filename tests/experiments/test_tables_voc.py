"""The tables on Pascal VOC: the pairs start from the rows of Table 4."""

import pytest

from copypaste_tf.training.config import gin_config
from experiments import tables, tables_voc


@pytest.mark.parametrize('table', tables_voc.TABLES, ids=lambda t: t.id)
def test_a_row_starts_from_the_run_that_its_recipe_names(table):
  for row in table.rows:
    start = tables.at(row.start)
    task = gin_config.load([row.recipe]).params.task
    assert task.init_checkpoint == f'runs/{start.recipe}'
    assert ('copypaste' in start.recipe) == (row.id == 'copy_paste')
