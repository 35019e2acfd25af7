"""The task of a recipe: where it may be chosen, and which choice wins."""

import pytest
import yaml

from copypaste_tf.config.config_types import ConfigError
from copypaste_tf.tasks import registry
from copypaste_tf.tasks.detection.task import DetectionTask
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import run_record


class Other(DetectionTask):
  name = 'other'
  configurables = {}


@pytest.fixture(autouse=True)
def other():
  registry.register(Other)
  yield
  registry.unregister('other')


def load(*lines, files=(), **kwargs):
  return gin_config.load([], lines, files, **kwargs)


def test_a_recipe_trains_detection_unless_it_says_otherwise():
  resolved = load('model.num_classes = 7')
  assert resolved.params.task.name == 'detection'
  assert resolved.origins['task.name'] == 'default'
  assert 'experiment.task' not in resolved.gin


@pytest.mark.parametrize(
  'lines',
  [["experiment.task = 'other'"], ["T = 'other'", 'experiment.task=%T']],
)
def test_a_recipe_names_its_task(lines):
  resolved = load(*lines)
  assert resolved.params.task.name == 'other'
  assert resolved.origins['task.name'] == '--gin_params'
  assert "experiment.task = 'other'" in resolved.gin
  assert not resolved.notes
  assert resolved.origins['task.model.num_classes'] == 'default'


def test_a_record_names_its_task_and_old_records_are_detection(tmp_path):
  record = tmp_path / 'params.yaml'
  record.write_text(run_record.to_yaml(load("experiment.task='other'").params))
  resolved = load(files=[str(record)])
  assert resolved.params.task.name == 'other'
  assert resolved.origins['task.name'].startswith(f'{record}:')
  again = load("experiment.task = 'detection'", files=[str(record)])
  assert again.params.task.name == 'other'
  values = yaml.safe_load(record.read_text())
  for name in ({'name': None}, {}):
    del values['task']['name']
    values['task'] |= name
    record.write_text(yaml.safe_dump(values))
    assert load(files=[str(record)]).params.task.name == 'detection'
    values['task']['name'] = None


def test_old_records_resume_as_detection(tmp_path):
  params = load().params
  text = run_record.to_yaml(params).replace('name: detection', 'name: null')
  (tmp_path / run_record.PARAMS).write_text(text)
  assert yaml.safe_load(text)['task']['name'] is None
  assert run_record.differences(str(tmp_path), params) == []
  other = load("experiment.task = 'other'").params
  assert run_record.differences(str(tmp_path), other) == [
    "task.name: 'detection' -> 'other'"
  ]


@pytest.mark.parametrize(
  ('lines', 'parts'),
  [
    (
      ["experiment.task = 'othr'"],
      ('--gin_params: experiment.task', "did you mean 'other'"),
    ),
    (['experiment.task = 3'], ('--gin_params: experiment.task', 'got 3')),
    (
      ["experiment.task = 'other'", 'model.num_classes = 3'],
      ('model.num_classes', "'other' (--gin_params: experiment.task)", 'model'),
    ),
  ],
)
def test_wrong_task_names_are_shown_with_their_place(lines, parts):
  with pytest.raises(ConfigError) as caught:
    load(*lines)
  for part in parts:
    assert part in str(caught.value)


def test_an_override_of_the_name_is_checked():
  with pytest.raises(ConfigError, match="--params_override.*got 'othr'"):
    load(params_override='task.name=othr')
  with pytest.raises(ConfigError, match=r'task\.name: expected str or None'):
    load(params_override='{"task": {"name": 3}}')
