"""Values that the model of a config would ignore, or cannot have."""

import re

import pytest
from config_problems import problems_of
from small_detector import small

from copypaste_tf.config import config_types
from copypaste_tf.modeling import build
from copypaste_tf.tasks.detection import model_checks
from copypaste_tf.training.config import gin_config


class Recorder:
  """Passes attributes of a config on, and notes the leaves that are read."""

  def __init__(self, config, read, prefix=''):
    self._config, self._read, self._prefix = config, read, prefix

  def __getattr__(self, name):
    value = getattr(self._config, name)
    path = self._prefix + name
    if name in ('get', 'as_dict'):
      if name == 'as_dict':
        self._read.add(self._prefix)
        return value
      kind = self._config.type
      self._read.add(self._prefix + 'type')
      return lambda: Recorder(value(), self._read, f'{self._prefix}{kind}.')
    if hasattr(value, 'as_dict'):
      return Recorder(value, self._read, path + '.')
    self._read.add(path)
    return value


@pytest.mark.parametrize(
  ('name', 'size'),
  [('maskrcnn_resnet50', 50), ('cascade_maskrcnn_effb7_nasfpn', 'b0')],
)
def test_the_listed_options_equal_those_that_the_model_reads(name, size):
  config, read = small(name, size), set()
  build.mask_rcnn(Recorder(config, read))
  leaves = config_types.flatten(config.as_dict())
  claimed = {path for path in leaves if path.startswith(model_checks.READ)}
  touched = {path for path in leaves if path.startswith(tuple(read))}
  # The side of the input is read by the inputs and the anchors.
  assert claimed - touched <= {'input_size'}
  assert touched <= claimed


@pytest.mark.parametrize(
  ('override', 'path', 'has'),
  [
    (
      "{'detection_generator': {'nms_version': 'v1'}}",
      'detection_generator.nms_version',
      "'v2'",
    ),
    (
      "{'backbone': {'resnet': {'stem_type': 'v1'}}}",
      'backbone.resnet.stem_type',
      "'v0'",
    ),
    (
      "{'norm_activation': {'activation': 'swish'}}",
      'norm_activation.activation',
      "'relu'",
    ),
  ],
)
def test_options_that_the_model_does_not_read_are_refused(override, path, has):
  (problem,) = problems_of([f'model.overrides = {override}'])
  assert f'task.model.{path}: is not read by the model, which has {has}' in (
    problem
  )


@pytest.mark.parametrize(
  ('line', 'message'),
  [
    ("TaskConfig.frozen = ['neck']", "task.frozen: .*got 'neck'"),
    (
      "TaskConfig.init_checkpoint_modules = 'heads'",
      "task.init_checkpoint_modules: .*got 'heads'",
    ),
  ],
)
def test_absent_parts_of_the_model_are_named(line, message):
  (problem,) = problems_of([line])
  assert re.search(message, problem)


@pytest.mark.parametrize(
  ('lines', 'message'),
  [
    (['ClassBalance.beta = 1.0'], 'class_balance.beta: expected a value below'),
    (['ClassBalance.low = 9.0'], 'class_balance.high: expected at least low'),
    (['ClassBalance.background = -1.0'], 'background: expected a value at'),
  ],
)
def test_impossible_weights_of_classes_are_named(lines, message):
  (problem,) = problems_of(
    ['TaskConfig.class_balance = @ClassBalance()', *lines]
  )
  assert message in problem


def test_weights_of_classes_come_from_one_place():
  params = gin_config.load(
    ['smoke'],
    ['TaskConfig.class_balance = @ClassBalance()'],
    params_override='task.losses.class_weights=[1.0, 2.0]',
  ).params
  (problem,) = model_checks.problems(params.task)
  assert problem.path == 'task.losses.class_weights'
