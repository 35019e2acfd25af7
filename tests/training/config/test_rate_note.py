"""A learning rate that is far from the linear rule is noted."""

import pytest

from copypaste_tf.config.gin_bindings import Binding
from copypaste_tf.training.config import gin_config, rate_note

COCO = 'coco_r50_lsj_copypaste'


def notes(recipe, *lines, **more):
  return [
    note
    for note in gin_config.load([recipe], lines, **more).notes
    if 'learning_rate' in note
  ]


@pytest.mark.parametrize(
  'recipe', [COCO, 'shapes_demo', 'smoke', 'nuclei_cpu', 'coco_r50_ssj']
)
def test_the_recipes_have_no_note(recipe):
  assert notes(recipe) == []


@pytest.mark.parametrize('batch', [128, 200, 512])
def test_up_to_twice_the_rate_is_no_mistake(batch):
  assert notes(COCO, f'BATCH_SIZE = {batch}') == []


def test_a_batch_of_two_gets_the_rate_of_the_linear_rule():
  (note,) = notes(COCO, 'BATCH_SIZE = 2')
  assert '0.32 for batches of 256' in note
  assert "--gin_params='schedule.learning_rate = 0.0025'" in note
  fitting = ['BATCH_SIZE = 2', 'schedule.learning_rate = 0.0025']
  assert notes(COCO, *fitting) == []


def test_a_cosine_has_a_rate_too():
  assert notes('voc12_seg_r50') == []
  (note,) = notes('voc12_seg_r50', 'BATCH_SIZE = 4')
  assert '0.01 for batches of 32' in note


def test_a_small_recipe_is_its_own_reference():
  (note,) = notes('smoke', 'BATCH_SIZE = 64')
  assert '0.02 for batches of 8' in note and 'gives 0.16' in note
  (note,) = notes('nuclei_cpu', 'schedule.learning_rate = 0.32')
  assert '0.02 for batches of 6' in note


def test_a_folder_beside_the_recipes_is_the_users(monkeypatch, tmp_path):
  (tmp_path / 'configs').mkdir()
  monkeypatch.setattr(
    'copypaste_tf.config.gin_paths.recipe_folder',
    lambda: str(tmp_path / 'configs'),
  )
  for name, ours in (('configs', True), ('configs_own', False)):
    path = tmp_path / name / 'mine.gin'
    path.parent.mkdir(exist_ok=True)
    path.touch()
    binding = Binding('', 'a', 'b', 1, f'{path}:1')
    assert rate_note._is_ours(binding) == ours


def test_a_file_of_the_user_is_compared_with_the_recipe(tmp_path):
  mine = tmp_path / 'mine.gin'
  mine.write_text(f"include 'configs/{COCO}.gin'\nBATCH_SIZE = 16\n")
  (note,) = notes(str(mine))
  assert 'gives 0.02:' in note


def test_an_override_of_the_batch_counts():
  override = 'task.train_data.global_batch_size=8'
  assert notes(COCO, params_override=override)


def test_without_a_recipe_there_is_no_reference():
  override = 'task.train_data.global_batch_size=8'
  assert gin_config.load(params_override=override).notes == []
