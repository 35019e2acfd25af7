"""Every recipe resolves, is short, and names a number and its source."""

import pathlib
import re

import pytest
from recipes import DETECTORS, RECIPES

from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.config import gin_config

ROOT = pathlib.Path(__file__).parents[1]


SOURCES = r'paper, Table \d+|published README|MMDetection, .*|not published'
# Numbers of the paper that an earlier version copied wrongly.
PAPER = {
  'coco_effb7_640_lsj_copypaste': ('50.0', '43.7'),
  'coco_effb7_1280_lsj_copypaste': ('52.6', '45.9'),
  'coco_effb7_640_lsj': ('48.5', '42.7'),
}


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)  # Recipes are found from anywhere.


def rows(page):
  """Returns the cells of each table row whose first cell names a recipe."""
  table = {}
  for line in (ROOT / page).read_text().splitlines():
    cells = [cell.strip() for cell in line.strip('|').split('|')]
    if cells[0].startswith('`') and len(cells) > 2:
      table[cells[0].strip('`')] = cells[1:]
  return table


def numbers(cell):
  """Returns `(box, mask)` of a cell such as `50.0 / 43.7`; None if a dash."""
  return tuple(cell.split(' / ')) if ' / ' in cell else None


def published():
  """Returns `{recipe: (number, source, number of the checkpoint)}`."""
  return {
    name: (numbers(cells[1]), cells[2], numbers(cells[3]))
    for name, cells in rows('experiments/results.md').items()
    if len(cells) == 5
  }


def published_lvis():
  """Returns `{recipe: (number or '-', source)}` of the LVIS recipes."""
  return {
    name: (cells[1], cells[2])
    for name, cells in rows('experiments/results.md').items()
    if name.startswith('lvis')
  }


def measured():
  return {
    name: numbers(cells[-1])
    for name, cells in rows('experiments/results.md').items()
  }


def reaches(path):
  """Returns the `Reaches:` entry of a header, in one line."""
  header, _ = header_and_body(path)
  entry = re.search(r'# Reaches: (.*?)\n# Command:', header, re.DOTALL)[1]
  return re.sub(r'\n# +', ' ', entry)


def header_and_body(path):
  lines = path.read_text().splitlines()
  header = [line for line in lines if line.startswith('#')]
  return '\n'.join(header), [x for x in lines if x and not x.startswith('#')]


@pytest.mark.parametrize('path', RECIPES, ids=lambda path: path.stem)
def test_a_recipe_resolves(path):
  resolved = gin_config.load([path.stem])
  assert config_checks.problems(resolved.params, missing_data=True) == []
  assert resolved.notes == []


@pytest.mark.parametrize('path', RECIPES, ids=lambda path: path.stem)
def test_a_recipe_is_short_and_has_a_complete_header(path):
  header, body = header_and_body(path)
  assert len(body) <= 15
  for title in ('Data:', 'Time:', 'Reaches:', 'Command:'):
    assert title in header
  assert f'--gin_file=configs/{path.name}' in header


def test_every_published_number_has_a_source():
  table = published()
  assert set(table) == {p.stem for p in RECIPES if p.stem.startswith('coco')}
  lvis = {p.stem for p in RECIPES if p.stem.startswith('lvis')}
  assert set(published_lvis()) == lvis
  for name, (number, source, _) in table.items():
    assert re.fullmatch(SOURCES, source), name
    assert (number is None) == (source == 'not published'), name
  for name, number in PAPER.items():
    assert table[name][:2] == (number, 'paper, Table 1')


@pytest.mark.parametrize(
  'path',
  [path for path in RECIPES if path.stem.startswith('lvis')],
  ids=lambda path: path.stem,
)
def test_a_header_of_lvis_agrees_with_the_results(path):
  number, source = published_lvis()[path.stem]
  header = reaches(path)
  assert re.fullmatch(SOURCES, source) and 'not yet measured here' in header
  if number == '-':
    assert header.startswith(source) and source == 'not published'
    return
  assert f'({source}' in header
  names = ('mask AP', 'APr', 'APc', 'APf', 'box AP')
  stated = [
    (re.findall(rf'([\d.]+) {name}', header) or ['-'])[0] for name in names
  ]
  assert ' / '.join(stated) == number


@pytest.mark.parametrize(
  'path',
  [path for path in DETECTORS if not path.stem.startswith('lvis')],
  ids=lambda path: path.stem,
)
def test_a_header_agrees_with_the_results(path):
  header = reaches(path)
  stated = re.findall(r'(\d+\.\d) box AP, (\d+\.\d) mask AP', header)
  if path.stem not in published():
    # The results have no accuracy of smoke.
    number = None if path.stem == 'smoke' else measured()[path.stem]
    assert stated == ([number] if number else [])
    assert ('(measured' in header) != ('not yet measured here' in header)
    return
  number, source, checkpoint = published()[path.stem]
  if number is None:
    assert header.startswith(source) and stated == []
    return
  assert stated[0] == number
  assert f'({source}' in header
  # The header also names the checkpoint, unless it is the source.
  others = [] if checkpoint is None or 'README' in source else [checkpoint]
  assert stated[1:] == others
  assert ('not yet measured here' in header) == (measured()[path.stem] is None)


def test_the_page_of_recipes_agrees_with_the_results():
  table = rows('docs/recipes.md')
  expected = {name: row[0] for name, row in published().items()}
  expected |= {
    name: number
    for name, number in measured().items()
    if re.match('(nuclei|shapes)_(?!seg|voc)', name)
  }
  shown = {}
  for name, (_, number, pasted, source) in table.items():
    shown[name] = numbers(number)
    if pasted:
      shown[f'{name}_copypaste'] = numbers(pasted)
    if name in published():
      assert source in {published()[name][1], 'published README'}, name
    else:
      assert source == 'measured', name
  assert shown.pop('smoke') is None
  assert shown == expected


def test_the_recipes_of_table_1_differ_in_the_expected_settings():
  def leaves(name):
    params = gin_config.load([name]).params.as_dict()
    return gin_config.config_types.flatten(params)

  paste, lsj, ssj = map(
    leaves, ('coco_r50_lsj_copypaste', 'coco_r50_lsj', 'coco_r50_ssj')
  )
  changed = {k for k in paste.keys() | lsj.keys() if paste.get(k) != lsj.get(k)}
  assert all(k.startswith('task.train_data.copy_paste') for k in changed)
  assert 'task.train_data.copy_paste.probability' in changed
  jitter = 'task.train_data.jitter.'
  assert (lsj[jitter + 'min_scale'], lsj[jitter + 'max_scale']) == (0.1, 2.0)
  assert (ssj[jitter + 'min_scale'], ssj[jitter + 'max_scale']) == (0.8, 1.25)
  changed = {k for k in ssj if ssj[k] != lsj[k]}
  assert changed == {
    jitter + 'min_scale',
    jitter + 'max_scale',
    'trainer.train_steps',
    'trainer.optimizer_config.learning_rate.stepwise.boundaries',
  }


def test_the_coco_recipes_have_the_papers_settings():
  params = gin_config.load(['coco_r50_lsj_copypaste']).params
  assert params.trainer.train_steps == 270_000
  assert params.task.train_data.global_batch_size == 256
  assert params.task.model.input_size == [1024, 1024, 3]
  assert params.task.model.num_classes == 91
  assert params.task.train_data.copy_paste.probability == 1.0
  assert params.runtime.mixed_precision_dtype == 'bfloat16'


B7 = 'coco_effb7_640_selftraining'


@pytest.mark.parametrize(
  ('name', 'shares', 'into', 'pasted_from', 'batch'),
  [
    (B7, (0.5, 0.5), None, None, 512),
    (f'{B7}_into_coco', (0.5, 0.5), ['labelled'], ['labelled'], 512),
    (f'{B7}_into_pseudo', (0.5, 0.5), ['pseudo'], ['labelled'], 512),
    (f'{B7}_copypaste', (0.5, 0.5), ['labelled', 'pseudo'], ['labelled'], 512),
    (f'{B7}_pseudo_into_coco', (1.0, 0.0), ['labelled'], ['pseudo'], 256),
    (
      'coco_cascade_effb7_nasfpn_1280_selftraining_copypaste',
      (0.5, 0.5),
      ['labelled', 'pseudo'],
      ['labelled'],
      256,
    ),
  ],
)
def test_recipes_of_self_training_paste_as_tables_3_and_4_say(
  name, shares, into, pasted_from, batch
):
  data = gin_config.load([name]).params.task.train_data
  labelled, pseudo = data.sets
  assert (labelled.share, pseudo.share) == shares
  assert data.global_batch_size == batch and pseudo.min_score == 0.5
  assert data.composes() == (into is not None)
  if into is not None:
    trained = [one for one in data.sets if one.share]
    assert [one.name for one in trained if one.paste_into] == into
    assert [one.name for one in data.sets if one.pasted_from] == pasted_from
