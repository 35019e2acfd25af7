from copypaste_tf.examples import RawScenes, TrainScenes
from copypaste_tf.inputs import composing, record_sets
from copypaste_tf.tasks import registry, statistics
from copypaste_tf.training.config import gin_config


def test_scenes_that_the_host_has_not_augmented_are_augmented(shapes_params):
  params = gin_config.load(
    ['shapes_seg_cpu'],
    [
      *shapes_params,
      'BATCH_SIZE = 2',
      'IMAGE_SIZE = (32, 32)',
      'TrainData.source_size = (96, 96)',
      'TrainData.shuffle_buffer_size = 4',
    ],
  ).params
  task = registry.build(params.task)
  data = params.task.train_data
  raw = next(iter(task.train_inputs(data.replace(augment_on='device'))))
  assert isinstance(raw, RawScenes)
  made = task.prepare(raw)
  assert isinstance(made, TrainScenes) and task.prepare(made) is made
  assert len({*made.planes.numpy().flat}) > 2
  found = task.statistics(made)
  assert {*found} == {f'paste/{name}' for name in statistics.PASTE}
  assert [*found] == task.statistic_names


def test_what_records_tell_can_be_left_out():
  lines = [
    'CopyPaste.class_weight_power = 1.0',
    'TrainData.repeat_threshold = 0.1',
    'TrainData.source_input_path = "none"',
    'TrainData.source_repeat_threshold = 0.2',
  ]
  params = gin_config.load(['smoke'], lines).params
  before = params.as_dict()
  task = registry.build(params.task)
  data = task.without_records().train_data
  weights = composing.composition(data).class_weights
  assert [*weights] == [1] * task.num_classes
  assert not any(one.repeat_threshold for one in record_sets.resolve(data))
  assert params.as_dict() == before, 'a training reads its records'


def test_a_set_is_not_repeated_without_its_records():
  lines = [
    'TrainData.input_path = ""',
    'TrainData.sets = [@RecordSet()]',
    'RecordSet.path = "none"',
    'RecordSet.repeat_threshold = 0.1',
  ]
  task = registry.build(gin_config.load(['smoke'], lines).params.task)
  (one,) = task.without_records().train_data.sets
  assert not one.repeat_threshold and one.path == 'none'
