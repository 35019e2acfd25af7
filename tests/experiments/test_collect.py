"""The command gathers the runs of tables, and keeps the prose of a page."""

import json

import pytest
import table_runs
from loaded_module import load

from experiments import marked_part, tables


@pytest.fixture(scope='module')
def shapes(tmp_path_factory):
  runs = table_runs.Runs(tmp_path_factory.mktemp('collect') / 'runs')
  for row in tables.get('shapes').rows:
    runs.write(row, 0, 0.6)
  return runs


@pytest.fixture
def collect(shapes, tmp_path, capsys):
  names, values = load('experiments.collect')

  def run(*arguments):
    values(
      [
        'verb',
        f'--runs={shapes.folder}',
        f'--output_dir={tmp_path}/out',
        '--draws=100',
        *arguments,
      ]
    )
    names['main']()
    return capsys.readouterr().out

  return run


def test_numbers_page_and_figures_are_written(collect, tmp_path):
  page = tmp_path / 'results.md'
  page.write_text(f'Prose.\n{marked_part.BEGIN}\n{marked_part.END}\nMore.\n')
  printed = collect('--seeds=0', f'--page={page}')
  content = json.loads((tmp_path / 'out/measured.json').read_text())
  assert [*content['tables']] == ['shapes']
  rows = content['tables']['shapes']['rows']
  assert [row['row'] for row in rows] == ['none', 'copy_paste']
  text = (tmp_path / 'out/measured.md').read_text()
  assert text in printed
  link = '(shapes_categories_copy_paste_1.svg)'
  assert link in text
  assert text.replace(link, f'(out/{link[1:]}').strip() in page.read_text()
  assert page.read_text().startswith('Prose.\n')
  assert page.read_text().endswith('\nMore.\n')
  assert 'No run yet: 1, ' in text
  figures = [path.name for path in (tmp_path / 'out').glob('*.svg')]
  assert figures == ['shapes_categories_copy_paste_1.svg']


def test_the_planned_seeds_are_expected(collect):
  assert 'seeds 1, 2: not begun' in collect('--tables=shapes')


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    (['--tables=nope'], 'nope'),
    (['--seeds=a'], '--seeds: expected numbers, each once, got a'),
    (['--seeds=0,1,0'], '--seeds: expected numbers, each once, got 0,1,0'),
    (['--runs=/nowhere'], '--runs=/nowhere: expected'),
    (['--page=nowhere.md'], '--page=nowhere.md: No such file'),
  ],
)
def test_a_mistake_is_one_line(collect, arguments, message):
  with pytest.raises(ValueError, match=message) as error:
    collect(*arguments)
  assert '\n' not in str(error.value)


def test_a_page_without_markers_is_refused_before_any_run_is_read(
  collect, tmp_path
):
  page = tmp_path / 'page.md'
  page.write_text('Prose.\n')
  with pytest.raises(ValueError, match='page.md: expected a line <!-- Begin'):
    collect(f'--page={page}')
  assert page.read_text() == 'Prose.\n'
