"""The tables on COCO: the settings of their rows are the paper's."""

import pytest

from copypaste_tf.training.config import gin_config
from experiments import tables_coco


def data(row):
  return gin_config.load([row.recipe], row.bindings).params.task.train_data


def test_table_1_compares_each_model_with_and_without_copy_paste():
  for without, pasted in zip(
    tables_coco.TABLE_1.rows[::2], tables_coco.TABLE_1.rows[1::2], strict=True
  ):
    assert pasted.against == without.id
    assert pasted.recipe == f'{without.recipe}_copypaste'


@pytest.mark.parametrize(
  ('name', 'subset', 'sigma'),
  [
    ('one', 'one', 5.0),
    ('all', 'all', 5.0),
    ('random', 'random', 0.0),
    ('random_blended', 'random', 5.0),
  ],
)
def test_table_10_varies_the_objects_and_the_blending(name, subset, sigma):
  options = data(tables_coco.TABLE_10.row(name)).copy_paste
  assert (options.subset, options.blend_sigma) == (subset, sigma)


@pytest.mark.parametrize(
  ('name', 'target', 'source'),
  [
    ('ssj_from_ssj', (0.8, 1.25), (0.8, 1.25)),
    ('ssj_from_lsj', (0.8, 1.25), (0.1, 2.0)),
    ('lsj_from_ssj', (0.1, 2.0), (0.8, 1.25)),
    ('lsj_from_lsj', (0.1, 2.0), (0.1, 2.0)),
  ],
)
def test_table_11_varies_the_jitters(name, target, source):
  options = data(tables_coco.TABLE_11.row(name))
  jitters = options.jitter, options.source_jitter or options.jitter
  assert [(x.min_scale, x.max_scale) for x in jitters] == [target, source]


def test_rows_of_two_tables_that_are_one_experiment_share_its_runs():
  homes = [
    table.row(name).home
    for table, name in (
      (tables_coco.TABLE_2, 'copy_paste'),
      (tables_coco.TABLE_10, 'random'),
      (tables_coco.TABLE_11, 'lsj_from_lsj'),
    )
  ]
  assert homes == ['1/effb7_640_lsj_copy_paste'] * 3
