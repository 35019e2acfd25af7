"""Recipes resolve strictly, errors say where, values know their origin."""

import importlib
import pathlib

import pytest
import yaml

from copypaste_tf.config.config_types import ConfigError
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import run_record

BASE = """
STEPS = 200
schedule.train_steps = %STEPS
schedule.warmup_steps = 10
TrainData.copy_paste = @CopyPaste()
"""


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  (tmp_path / 'base.gin').write_text(BASE)


def load(text='', params=(), yaml_text=None, override='', flags=None):
  """Loads a recipe that includes the base; returns `Resolved`."""
  pathlib.Path('recipe.gin').write_text("include 'base.gin'\n" + text)
  files = []
  if yaml_text is not None:
    pathlib.Path('over.yaml').write_text(yaml_text)
    files = ['over.yaml']
  return gin_config.load(['recipe.gin'], params, files, override, flags)


def fails_with(*parts, **kwargs):
  with pytest.raises(ConfigError) as caught:
    load(**kwargs)
  for part in parts:
    assert part in str(caught.value)
  return str(caught.value)


def test_precedence_lowest_to_highest():
  def steps(**kwargs):
    resolved = load(**kwargs)
    return resolved.params.trainer.train_steps, resolved.origins[
      'trainer.train_steps'
    ]

  assert gin_config.load().params.trainer.train_steps == 270_000
  assert steps() == (200, 'base.gin:2 (%STEPS), base.gin:3')
  sources = {'text': 'STEPS = 300'}
  assert steps(**sources) == (300, 'recipe.gin:2 (%STEPS), base.gin:3')
  sources['params'] = ['STEPS = 400']
  assert steps(**sources) == (400, '--gin_params (%STEPS), base.gin:3')
  sources['yaml_text'] = 'trainer:\n  train_steps: 500\n'
  assert steps(**sources) == (500, 'over.yaml:2')
  sources['override'] = 'trainer.train_steps=600'
  assert steps(**sources) == (600, '--params_override')
  sources['flags'] = {'trainer.train_steps': ('--steps', 700)}
  assert steps(**sources) == (700, '--steps')


def test_every_leaf_has_an_origin():
  resolved = load('ScaleJitter.min_scale = 0.5')
  origins = resolved.origins
  assert set(origins) == set(
    gin_config.config_types.flatten(resolved.params.as_dict())
  )
  assert origins['task.train_data.jitter.min_scale'] == 'recipe.gin:2'
  assert origins['task.train_data.jitter.max_scale'] == 'default'
  paste = 'task.train_data.copy_paste.probability'
  assert origins[paste] == 'default (base.gin:5)'
  drops = 'trainer.optimizer_config.learning_rate.stepwise.boundaries'
  assert origins[drops].startswith('base.gin:2')


def test_a_binding_that_repeats_the_default_is_its_origin():
  origins = load('AnchorTargets.match_threshold = 0.7').origins
  assert origins['task.anchor_targets.match_threshold'] == 'recipe.gin:2'


def test_the_printed_config_has_every_value_and_its_origin():
  text = gin_config.format_effective(load('CopyPaste.max_pasted = 3'))
  line = next(x for x in text.splitlines() if 'max_pasted' in x)
  left, right = line.split('#')
  assert left.strip() == 'task.train_data.copy_paste.max_pasted = 3'
  assert right.strip() == 'recipe.gin:2'
  assert 'runtime.num_packs = 1' in text
  only = gin_config.format_effective(load(), only_changed=True)
  assert 'num_packs' not in only and 'train_steps = 200' in only


@pytest.mark.parametrize(
  ('text', 'parts'),
  [
    ('schedule.train_step = 3', ('recipe.gin:2', "did you mean 'train_steps'")),
    ('scedule.train_steps = 3', ('recipe.gin:2', "did you mean 'schedule'")),
    ('STEP = 3', ('recipe.gin:2', "macro 'STEP'", "did you mean 'STEPS'")),
    ('model.levels = %LEVELS', ('recipe.gin:2', "no macro 'LEVELS'")),
    (
      '\nTrainData.copy_paste = @CopyPast()',
      ('recipe.gin:3', "did you mean 'CopyPaste'"),
    ),
    ('CopyPaste.probability = "x"', ('recipe.gin:2', "float, got 'x'")),
    ('STEPS = 1.5', ('recipe.gin:2', 'STEPS', 'int, got 1.5')),
    ('TrainData.global_batch_size = True', ('recipe.gin:2', 'got True')),
    ('schedule.drops = [0.9, "x"]', ('recipe.gin:2', 'list of float')),
    ("include 'bas.gin'", ('recipe.gin:2', "no gin file 'bas.gin'")),
    ('schedule.train_steps = [', ('recipe.gin:', 'cannot parse')),
    ('schedule.train_steps 3', ('recipe.gin:2', 'cannot parse')),
    (
      'model.overrides = {"rpn_hed": {}}',
      ('recipe.gin:2', "did you mean 'rpn_head'"),
    ),
    (
      'model.overrides = {"rpn_head": {"num_convs": "two"}}',
      ('recipe.gin:2', 'rpn_head.num_convs', "int, got 'two'"),
    ),
    ('CopyPaste.default_params = {}', ('recipe.gin:2', 'default_params')),
  ],
)
def test_a_wrong_recipe_is_named_with_its_line(text, parts):
  fails_with(*parts, text=text)


@pytest.mark.parametrize(
  ('yaml_text', 'parts'),
  [
    ('trainer:\n  train_step: 3\n', ('over.yaml:2', "'train_steps'")),
    ('trainer:\n  train_steps: x\n', ('over.yaml:2', "int, got 'x'")),
    ('task: {train_data: {seeed: 1}}', ('over.yaml:1', "'seed'")),
    ('task:\n  train_data: 3\n', ('over.yaml:2', 'expected TrainData')),
    ('[1, 2]', ('over.yaml', 'expected nested names')),
    ('a: [', ('over.yaml',)),
  ],
)
def test_a_wrong_override_is_named_with_its_flag(yaml_text, parts):
  fails_with(*parts, yaml_text=yaml_text)


def test_a_missing_config_file_is_named():
  with pytest.raises(ConfigError, match='no file .*gone.yaml'):
    gin_config.load(config_files=['gone.yaml'])


def test_overrides_reach_absent_parts_with_their_types():
  resolved = load(
    'TrainData.copy_paste = None',
    override='task: {train_data: {copy_paste: {probability: 1e-1}}}',
  )
  paste = resolved.params.task.train_data.copy_paste
  assert paste.probability == 0.1 and paste.subset == 'random'
  fails_with(
    "'probability'",
    text='TrainData.copy_paste = None',
    override='task.train_data.copy_paste.probabilty=1',
  )


def test_params_override_takes_dotted_pairs_and_json():
  for text in (
    'trainer.train_steps=5,runtime.num_gpus=0',
    '{"trainer": {"train_steps": 5}, "runtime": {"num_gpus": 0}}',
  ):
    params = load(override=text).params
    assert (params.trainer.train_steps, params.runtime.num_gpus) == (5, 0)


def test_bindings_without_effect_are_noted():
  resolved = load('TrainData.copy_paste = None\nCopyPaste.max_pasted = 3')
  assert resolved.notes == [
    'recipe.gin:3: CopyPaste.max_pasted has no effect here.'
  ]
  assert load('CopyPaste.max_pasted = 3').notes == []


def test_scopes_tell_two_jitters_apart():
  data = load(
    'ScaleJitter.min_scale = 0.5\n'
    'TrainData.source_jitter = @source/ScaleJitter()\n'
    'source/ScaleJitter.min_scale = 0.25'
  ).params.task.train_data
  assert (data.jitter.min_scale, data.source_jitter.min_scale) == (0.5, 0.25)


def test_recipes_are_looked_up_by_name_and_path_from_any_folder():
  configs = pathlib.Path(importlib.import_module('configs').__file__).parent
  expected = gin_config.load([str(configs / 'smoke.gin')]).params.as_dict()
  for name in ('smoke', 'smoke.gin', 'configs/smoke.gin', 'configs/smoke'):
    assert gin_config.load([name]).params.as_dict() == expected
  with pytest.raises(ConfigError, match="did you mean 'configs/smoke.gin'"):
    gin_config.load(['configs/smok.gin'])


def test_includes_are_looked_up_beside_the_including_file(
  tmp_path, monkeypatch
):
  inner = tmp_path / 'elsewhere'
  inner.mkdir()
  (inner / 'part.gin').write_text('TrainData.seed = 7')
  (inner / 'whole.gin').write_text("include 'part.gin'")
  assert (
    gin_config.load([str(inner / 'whole.gin')]).params.task.train_data.seed == 7
  )


def test_the_record_of_a_run_resolves_to_the_same_config():
  first = load('CopyPaste.classes = [1, 2]\nScaleJitter.min_scale = 0.3')
  text = run_record.to_yaml(first.params)
  assert yaml.safe_load(text)['task']['train_data']['source_size'] == [640, 640]
  pathlib.Path('params.yaml').write_text(text)
  again = gin_config.load(config_files=['params.yaml'])
  assert run_record.to_yaml(again.params) == text


def test_record_sets_are_told_apart_and_survive_the_record():
  first = load(
    'TrainData.sets = [@labeled/RecordSet(), @pseudo/RecordSet()]\n'
    'labeled/RecordSet.path = "a"\n'
    'pseudo/RecordSet.path = "b"\n'
    'pseudo/RecordSet.pasted_from = False'
  )
  sets = first.params.task.train_data.sets
  assert [(each.path, each.pasted_from) for each in sets] == [
    ('a', True),
    ('b', False),
  ]
  path = 'task.train_data.sets.1.pasted_from'
  assert first.origins[path].startswith('recipe.gin:5')
  text = run_record.to_yaml(first.params)
  pathlib.Path('params.yaml').write_text(text)
  again = gin_config.load(config_files=['params.yaml'])
  assert again.params.task.train_data.sets == sets
  assert run_record.to_yaml(again.params) == text
  assert again.origins[path].startswith('params.yaml:')


def test_a_second_load_starts_from_the_defaults():
  load('TrainData.seed = 5')
  assert gin_config.load().params.task.train_data.seed == 0
