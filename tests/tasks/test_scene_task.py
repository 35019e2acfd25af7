from copypaste_tf.examples import RawScenes, TrainScenes
from copypaste_tf.tasks import registry, scene_task
from copypaste_tf.training.config import gin_config


def test_host_and_device_make_the_same_class_maps(shapes_params):
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
  host = next(iter(task.train_inputs(data)))
  raw = next(iter(task.train_inputs(data.replace(augment_on='device'))))
  assert isinstance(host, TrainScenes) and isinstance(raw, RawScenes)
  assert task.prepare(host) is host
  made = task.prepare(raw)
  assert (made.planes.numpy() == host.planes.numpy()).all()
  assert len({*host.planes.numpy().flat}) > 2
  statistics = task.statistics(host)
  assert {*statistics} == {f'paste/{name}' for name in scene_task.STATISTICS}
  assert (*statistics,) == task.statistic_names
