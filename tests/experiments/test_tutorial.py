"""The notebook: its committed outputs, and a new run of it."""

import dataclasses
import inspect
import json
import pathlib

import pytest

from copypaste_tf import augment

NOTEBOOK = pathlib.Path(__file__).parents[2] / 'experiments/tutorial.ipynb'
PICTURES = ('image/jpeg', 'image/png')


@pytest.fixture(scope='module')
def notebook():
  return json.loads(NOTEBOOK.read_text(encoding='utf-8'))


def code_cells(notebook):
  return [x for x in notebook['cells'] if x['cell_type'] == 'code']


def source(cell):
  return ''.join(cell['source'])


def pictures(notebook):
  outputs = [x for cell in code_cells(notebook) for x in cell['outputs']]
  return [x for x in outputs if set(PICTURES) & set(x.get('data', {}))]


def test_every_option_of_the_op_is_shown(notebook):
  text = '\n'.join(source(cell) for cell in code_cells(notebook))
  knobs = {
    field.name
    for options in (augment.ScaleJitter, augment.CopyPaste)
    for field in dataclasses.fields(options)
  }
  keywords = inspect.getfullargspec(augment.augment).kwonlyargs
  # A dtype has no picture, and compositions are those of the user.
  knobs |= set(keywords) - {'dtype', 'composition'}
  assert not {knob for knob in knobs if knob not in text}


def test_the_committed_cells_ran_in_order_without_an_error(notebook):
  cells = code_cells(notebook)
  counts = [cell['execution_count'] for cell in cells]
  assert counts == [*range(1, len(cells) + 1)]
  outputs = [output for cell in cells for output in cell['outputs']]
  assert not [x for x in outputs if x['output_type'] == 'error']
  assert not [x for x in outputs if x.get('name') == 'stderr']
  assert len(pictures(notebook)) > 15


def test_the_file_is_small_and_holds_nothing_of_the_machine(notebook):
  assert NOTEBOOK.stat().st_size < 1_500_000
  assert set(notebook['metadata']) == {'kernelspec', 'language_info'}
  assert notebook['metadata']['language_info'] == {'name': 'python'}
  assert not [cell for cell in notebook['cells'] if cell['metadata']]
  assert '/home/' not in NOTEBOOK.read_text() and '/tmp/' not in str(notebook)


def test_cells_are_short(notebook):
  lengths = [source(x).count('\n') + 1 for x in code_cells(notebook)]
  assert max(lengths) <= 36


@pytest.mark.notebook
def test_the_notebook_runs(notebook, tmp_path):
  nbclient = pytest.importorskip('nbclient')
  nbformat = pytest.importorskip('nbformat')
  folder = tmp_path / 'experiments'
  folder.mkdir()
  fresh = nbformat.read(NOTEBOOK, as_version=4)
  client = nbclient.NotebookClient(
    fresh, timeout=1200, resources={'metadata': {'path': str(folder)}}
  )
  client.execute()
  assert len(pictures(fresh)) == len(pictures(notebook))
  results = tmp_path / 'build/tutorial/model/results.json'
  assert json.loads(results.read_text())['step'] == 300
