"""Tasks are looked up by name; unknown and repeated names are refused."""

import pytest

from copypaste_tf.tasks import registry
from copypaste_tf.tasks.config import BaseConfig
from copypaste_tf.tasks.detection.config import TaskConfig
from copypaste_tf.tasks.detection.task import DetectionTask
from copypaste_tf.tasks.segmentation.task import SegmentationTask


class Other(DetectionTask):
  name = 'other'


@pytest.fixture
def other():
  yield registry.register(Other)
  registry.unregister('other')


def test_a_config_without_a_name_is_a_detection_config():
  assert registry.DEFAULT == 'detection'
  for name in (None, '', 'detection'):
    task = registry.build(TaskConfig(name=name))
    assert type(task) is DetectionTask and task.config.name == name


def test_a_registered_task_is_returned(other):
  assert registry.get('other') is other
  assert type(registry.build(TaskConfig(name='other'))) is other
  registry.register(other)  # Registering it twice has no effect.


def test_an_unknown_name_suggests_the_nearest(other):
  with pytest.raises(
    ValueError,
    match=r"detection, other, segm.*, got 'detecton'; did you mean 'detection'",
  ):
    registry.get('detecton')
  with pytest.raises(ValueError, match="got 'gone'"):
    registry.unregister('gone')


def test_registered_names_are_refused():
  class Again(DetectionTask):
    name = 'detection'

  with pytest.raises(ValueError, match="'detection' is taken by DetectionTask"):
    registry.register(Again)
  assert registry.get('detection') is DetectionTask

  class Clash(DetectionTask):
    name = 'clash'
    configurables = {'TaskConfig': BaseConfig}

  with pytest.raises(ValueError, match="has a configurable 'TaskConfig'"):
    registry.register(Clash)
  with pytest.raises(ValueError, match="got 'clash'"):
    registry.get('clash')


def test_configurables_of_all_tasks_are_listed():
  assert registry.configurables() == (
    DetectionTask.configurables | SegmentationTask.configurables
  )
  assert {'model', 'TaskConfig', 'ClassBalance'} < {*registry.configurables()}
