"""Every recipe resolves, is short, and promises a number and a command."""

import importlib
import pathlib
import re

import pytest

from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.config import gin_config

CONFIGS = pathlib.Path(importlib.import_module('configs').__file__).parent
# Parts of recipes, which cannot be run alone.
PARTS = {'base', 'nuclei_data', 'shapes_data'}
RECIPES = sorted(
  path for path in CONFIGS.glob('*.gin') if path.stem not in PARTS
)


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)  # Recipes are found from anywhere.


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
def test_a_recipe_is_short_and_says_what_to_expect(path):
  header, body = header_and_body(path)
  assert len(body) <= 15
  for title in ('Data:', 'Time:', 'Reaches:', 'Command:'):
    assert title in header
  assert re.search(r'Reaches:.*\d+\.\d+ (box|mask) AP', header)
  assert f'--gin_file=configs/{path.name}' in header


def test_the_recipes_of_the_first_table_differ_as_they_should():
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
