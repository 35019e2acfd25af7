"""Every row of the tables: it resolves, and differs in what it names alone."""

import functools
import re

import pytest

from copypaste_tf.config import config_types
from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.config import gin_config
from experiments import paper, rows, table_data, tables

ROWS = {
  f'{table.id}/{row.id}': row
  for table in tables.TABLES.values()
  for row in table.rows
}
# What a binding changes in the config, where its path has another name.
CHANGES = {
  'TrainData.copy_paste': r'task\.train_data\.copy_paste',
  'TrainData.composition': r'task\.train_data\.composition',
  'TrainData.source_jitter': r'task\.train_data\.source_jitter',
  'TrainData.repeat_threshold': r'task\.train_data\.repeat_threshold',
  'TrainData.seed': r'task\.train_data\.seed',
  'CopyPaste': r'task\.train_data\.copy_paste\.',
  'ScaleJitter': r'task\.train_data\.jitter\.',
  'source/ScaleJitter': r'task\.train_data\.source_jitter\.',
  'labelled/RecordSet': r'task\.train_data\.sets',
  'pseudo/RecordSet': r'task\.train_data\.sets',
  'TaskConfig': r'task\.init_checkpoint',
  'SegmentationConfig': r'task\.init_checkpoint',
  'model.cascade_ious': r'task\.model\.(roi|detection)_\w+\.(casc|fore|class_)',
  'schedule.train_steps': r'trainer\.(train_steps|optimizer_config\.learning_)',
  'schedule.warmup_steps': r'trainer\.optimizer_config\.warmup',
  'experiment.evaluate_every': r'trainer\.validation_interval',
}
UNUSED = r': CopyPaste\.\w+ has no effect here'
RECORDS = r'task\.(train_data\.(input_path|sets)|validation_data\.input_path)'
FILES = table_data.Files('images', 'train.json', 'val.json')


@functools.cache
def resolved(recipe, lines=()):
  return gin_config.load([recipe], lines)


def leaves(recipe, lines=()):
  params = resolved(recipe, lines).params.as_dict()
  return config_types.flatten(params)


def changed_paths(recipe, lines):
  old, new = leaves(recipe), leaves(recipe, lines)
  absent = object()
  return {
    path
    for path in old.keys() | new.keys()
    if old.get(path, absent) != new.get(path, absent)
  }


def named(line):
  """Returns the pattern of the paths that a binding may change."""
  name = line.partition('=')[0].strip()
  return CHANGES.get(name) or CHANGES[name.partition('.')[0]]


@pytest.mark.parametrize(
  'name', [name for name, row in ROWS.items() if row.home == name]
)
def test_a_row_resolves_and_differs_from_its_recipe_in_what_it_names(name):
  row = ROWS[name]
  smallest = min(row.seeds)
  records = table_data.get(row.data, 'data', smallest, FILES).bindings
  own = row.lines(smallest, 7)
  lines = (*records, *own)
  config = resolved(row.recipe, lines)
  assert config_checks.problems(config.params, missing_data=True) == []
  # A row without paste may keep the recipe's options of pasting.
  assert all(re.search(UNUSED, note) for note in config.notes), config.notes
  changed = changed_paths(row.recipe, lines)
  patterns = {*map(named, own)}
  for path in changed:
    assert any(re.match(pattern, path) for pattern in [*patterns, RECORDS]), (
      path
    )
  for pattern in patterns:
    assert any(re.match(pattern, path) for path in changed), pattern


@pytest.mark.parametrize('table', tables.TABLES.values(), ids=lambda t: t.id)
def test_the_rows_of_a_table_refer_to_rows_and_numbers_that_exist(table):
  ids = [row.id for row in table.rows]
  assert len({*ids}) == len(ids)
  for row in table.rows:
    assert tables.at(row.home).recipe == row.recipe
    assert not row.against or row.against in ids
    for key in (row.expected, row.form_of):
      assert not key or key in paper.RESULTS, key
    if row.start:
      assert {*row.seeds} <= {*tables.at(row.start).seeds}


def test_every_table_and_figure_of_the_paper_is_there_and_has_a_small_form():
  for name in (
    *map(str, range(1, 12)),
    *(f'figure{n}' for n in (1, 4, 5, 6)),
  ):
    small = tables.get(name, small=True)
    assert small.id != name and not small.small
    assert all(row.data != 'recipe' for row in small.rows)


def test_every_number_of_the_paper_is_expected_of_a_row():
  expected = {row.expected for row in ROWS.values()}
  of_tables = {key for key in paper.RESULTS if key.startswith('table')}
  assert of_tables == expected - {''}


def test_rows_that_share_their_runs_have_the_same_config():
  for row in ROWS.values():
    other = tables.at(row.home)
    assert (row.bindings, row.data, row.steps) == (
      other.bindings,
      other.data,
      other.steps,
    )


def test_a_cell_comes_after_the_one_that_it_starts_from_and_none_twice():
  table = tables.get('shapes_lvis')
  second = table.row('lsj_balanced')
  found = tables.with_starts([*rows.cells([second, table.row('lsj')], [0])])
  assert [cell.path for cell in found] == [
    'shapes_lvis/lsj/1/0',
    'shapes_lvis/lsj_balanced/1/0',
  ]


def test_an_unknown_table_is_named_with_the_known_ones():
  with pytest.raises(ValueError, match='--table: expected one of 1, .*got 12'):
    tables.get('12')
