from copypaste_tf.examples import RawScenes, TrainScenes
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
