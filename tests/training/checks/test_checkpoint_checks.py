"""A checkpoint that does not fit is a problem before the training starts."""

import pytest
import small_model
import tensorflow as tf
from config_problems import problems_of

from copypaste_tf.modeling import build
from copypaste_tf.training.checks import checkpoint_checks


@pytest.fixture(scope='module')
def path(tmp_path_factory):
  model = build.mask_rcnn(small_model.params().task.model)
  items = tf.train.Checkpoint(model=model, **model.checkpoint_items)
  return items.save(str(tmp_path_factory.mktemp('saved') / 'ckpt'))


def compare(path, *lines):
  lines = [f'TaskConfig.init_checkpoint = "{path}"', *lines]
  return checkpoint_checks.compare(small_model.params(*lines).task)


def test_a_checkpoint_of_the_same_model_is_taken_whole(path):
  problems, (note,) = compare(path)
  assert not problems
  assert note.startswith('task.init_checkpoint: 155 of 155 variables start')


def test_other_classes_are_a_problem_until_the_classifier_is_left_out(path):
  (problem,), notes = compare(path, 'model.num_classes = 20')
  assert problem.path == 'task.init_checkpoint' and not notes
  assert 'class-predict' in problem.message
  assert "init_checkpoint_modules = 'all_but_classifier'" in problem.message
  problems, (note,) = compare(
    path,
    'model.num_classes = 20',
    "TaskConfig.init_checkpoint_modules = 'all_but_classifier'",
  )
  assert not problems and '6 keep their initial values (class_scores' in note


def test_without_a_checkpoint_nothing_is_built():
  assert checkpoint_checks.compare(small_model.params().task) == ([], [])


@pytest.mark.parametrize(
  ('mode', 'resumes', 'count'),
  [
    ('train', False, 1),
    ('train_and_eval', False, 1),
    ('train', True, 0),
    ('eval', False, 0),
    ('', False, 0),
  ],
)
def test_only_a_new_training_needs_the_checkpoint(
  shapes_params, tmp_path, mode, resumes, count
):
  gone = f'TaskConfig.init_checkpoint = "{tmp_path}/gone"'
  problems = problems_of(
    [*shapes_params, gone], data=True, mode=mode, resumes=resumes
  )
  assert len(problems) == count
  assert all('no checkpoint' in problem for problem in problems)
