import numpy as np
import small_model
import tensorflow as tf

from copypaste_tf.inputs import reader
from copypaste_tf.serving import inference
from copypaste_tf.serving.inference import Detector
from copypaste_tf.training.config import gin_config


def test_boxes_come_back_in_pixels_of_the_image(tmp_path):
  checkpoint = small_model.checkpoint(tmp_path)
  detector = Detector(small_model.params(), checkpoint)
  rng = np.random.default_rng(0)
  small = rng.integers(0, 256, [32, 16, 3]).astype(np.uint8)
  scenes = detector.fit(tf.constant(small), 7)
  assert scenes.image.shape == (64, 64, 3)
  np.testing.assert_array_equal(scenes.size, [64, 32])
  expected = reader.fit_image(
    tf.constant(small), tf.constant(7, tf.int64), output_size=(64, 64)
  )
  for got, wanted in zip(scenes, expected, strict=True):
    np.testing.assert_array_equal(got, wanted)
  batch = tf.nest.map_structure(lambda x: x[tf.newaxis], scenes)
  found = detector.detect(batch)
  outputs = detector.model(
    batch.image, image_shape=tf.cast(batch.size, tf.float32), training=False
  )
  assert outputs['num_detections'][0] > 5
  np.testing.assert_allclose(
    found['boxes'], outputs['detection_boxes'] / 2, atol=1e-3
  )
  np.testing.assert_array_equal(found['source_ids'], [7])
  np.testing.assert_array_equal(found['original_sizes'], [[32, 16]])
  assert found['masks'].shape == (1, 100, 28, 28)


def test_a_teacher_of_objects_needs_a_task_that_makes_detections():
  params = gin_config.load(['shapes_seg_cpu']).params
  assert inference.problems(params) == []
  ((path, message),) = inference.problems(params, 'detections')
  assert path == 'task.name'
  assert message.startswith(
    "expected a task that makes detections (detection), got 'segmentation'"
  )
