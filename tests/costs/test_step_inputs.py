import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf import examples
from copypaste_tf.costs import step_inputs
from copypaste_tf.examples import RawScenes
from copypaste_tf.inputs.data_config import EvalData, TrainData
from copypaste_tf.tasks import registry
from copypaste_tf.training.config import gin_config

DATA = TrainData(source_size=(40, 60), max_source_instances=9, num_planes=2)


def scenes(objects=5, **changes):
  return step_inputs.random_scenes(
    DATA.replace(**changes), batch=3, objects=objects, num_classes=4
  )


def test_random_scenes_have_the_static_shapes_of_the_config():
  found = scenes()
  assert found.image.shape == (3, 40, 60, 3)
  assert found.planes.shape == (3, 2, 40, 60)
  assert found.boxes.shape == (3, 9, 4)
  dtypes = {x.dtype for x in (found.classes, found.ids, found.size)}
  assert dtypes == {tf.int32} and found.source_id.dtype == tf.int64
  assert len(set(found.source_id.numpy())) == 3


def test_random_objects_lie_in_their_boxes():
  found = reference.to_numpy(scenes())
  assert (found.classes[:, :5] > 0).all() and (found.classes < 4).all()
  assert not found.ids[:, 5:].any() and not found.classes[:, 5:].any()
  for image in range(3):
    scene = tf.nest.map_structure(lambda x, i=image: x[i], found)
    assert len(set(scene.ids[:5])) == 5
    # The last of a plane is not covered.
    for i in (3, 4):
      ymin, xmin, ymax, xmax = scene.boxes[i].astype(int)
      expected = np.zeros([40, 60], bool)
      expected[ymin:ymax, xmin:xmax] = True
      assert (examples.mask_of(scene, i) == expected).all() and expected.any()


@pytest.mark.parametrize('objects', [-1, 10])
def test_objects_beyond_the_room_are_refused(objects):
  with pytest.raises(
    ValueError, match=f'room for 0 to 9 objects, got {objects}'
  ):
    scenes(objects)


def test_boxes_alone_have_no_planes():
  found = scenes(masks=False)
  assert found.planes.shape == (3, 0, 40, 60)
  assert len({*found.ids.numpy()[0, :5].tolist()}) == 5


def test_no_objects_are_fine():
  assert not scenes(0).planes.numpy().any()


def test_random_class_maps_have_classes_that_the_model_knows():
  data = DATA.replace(input_path='no/x*', class_maps='encoded', masks=False)
  found = step_inputs.train_inputs(
    None, data, batch=2, objects=8, num_classes=4
  )
  planes = found.batch.targets.planes.numpy()
  assert planes.shape == (2, 1, 40, 60)
  # A pixel holds its class plus one; 0 is void.
  assert planes.max() == 4 and len({*planes.flat}) > 3


def test_existing_records_are_read(shapes_params):
  params = gin_config.load(['smoke'], shapes_params).params
  task, data = registry.build(params.task), params.task.train_data
  found = step_inputs.train_inputs(
    task.train_inputs, data, batch=2, objects=1, num_classes=2
  )
  assert isinstance(found.batch, RawScenes)
  assert found.batch.targets.image.shape[0] == 2
  assert data.input_path in found.origin
  evaluated = step_inputs.eval_inputs(
    task.eval_inputs, params.task.validation_data, (128, 128), batch=3
  )
  assert evaluated.batch.image.shape == (3, 128, 128, 3)


def test_missing_records_are_replaced_by_random_inputs():
  found = step_inputs.train_inputs(
    None, DATA.replace(input_path='no/x*'), batch=2, objects=3, num_classes=2
  )
  assert found.origin == 'random scenes, 3 objects an image'
  assert found.batch.sources is None and found.batch.seed.shape == (2,)
  evaluated = step_inputs.eval_inputs(None, EvalData(), (8, 16), batch=2)
  assert evaluated.batch.image.shape == (2, 8, 16, 3)
  assert evaluated.origin == 'random pixels'
