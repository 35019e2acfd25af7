import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf.augment import ScaleJitter, warp
from copypaste_tf.augment.draws import jitter
from copypaste_tf.augment.pixels import normalization


@pytest.mark.parametrize('seed', range(6))
# Of one block of rows, and of five.
@pytest.mark.parametrize('output_size', [(37, 29), (160, 12)])
def test_warp_equals_pixel_by_pixel(engine, seed, output_size):
  rng = np.random.default_rng(seed)
  scenes = reference.make_scenes(rng, batch=3)
  draw = reference.to_numpy(
    jitter.sample(
      tf.constant([seed, 1]),
      tf.constant(scenes.size),
      output_size=output_size,
      jitter=ScaleJitter(0.1, 2.0),
    )
  )
  warped = reference.to_numpy(
    warp.warp(
      tf.nest.map_structure(tf.constant, scenes),
      tf.nest.map_structure(tf.constant, draw),
      output_size=output_size,
      engine=engine,
    )
  )
  for i in range(3):
    image, planes, boxes, size = reference.warp_by_hand(
      scenes,
      i,
      draw.scaled_size[i],
      draw.offset[i],
      draw.flipped[i],
      output_size,
    )
    np.testing.assert_allclose(warped.image[i], image, atol=1e-4)
    np.testing.assert_array_equal(warped.planes[i], planes)
    np.testing.assert_allclose(warped.boxes[i], boxes, atol=1e-4)
    np.testing.assert_array_equal(warped.size[i], size)


def test_flip_mirrors_image_planes_and_boxes(engine):
  rng = np.random.default_rng(0)
  scenes = reference.make_scenes(rng, batch=1, size=(16, 16), count=2)
  scenes = scenes._replace(size=np.array([[16, 16]], np.int32))
  tensors = tf.nest.map_structure(tf.constant, scenes)
  still = jitter.Jitter(
    tf.constant([[16, 16]]), tf.constant([[0, 0]]), tf.constant([False])
  )
  mirrored = still._replace(flipped=tf.constant([True]))
  a = reference.to_numpy(
    warp.warp(tensors, still, output_size=(16, 16), engine=engine)
  )
  b = reference.to_numpy(
    warp.warp(tensors, mirrored, output_size=(16, 16), engine=engine)
  )
  np.testing.assert_array_equal(a.planes, scenes.planes)
  np.testing.assert_array_equal(b.planes, scenes.planes[..., ::-1])
  np.testing.assert_allclose(b.image, a.image[:, :, ::-1], atol=1e-6)
  np.testing.assert_allclose(b.boxes[0, 0, 1], 16 - a.boxes[0, 0, 3])
  np.testing.assert_allclose(b.boxes[0, 0, 3], 16 - a.boxes[0, 0, 1])


def test_normalized_values_and_padding_with_the_mean(engine):
  scenes = reference.make_scenes(np.random.default_rng(1), batch=2)
  scenes = tf.nest.map_structure(tf.constant, scenes)
  small = jitter.Jitter(
    tf.constant([[10, 12]] * 2), tf.zeros([2, 2], tf.int32), tf.zeros(2, bool)
  )
  warped = warp.warp(scenes, small, output_size=(20, 20), engine=engine)
  assert not np.any(warped.image[:, 10:])
  assert not np.any(warped.image[:, :, 12:])
  colour = normalization.denormalize(warped.image)[0, 15, 15]
  np.testing.assert_array_equal(colour, [124, 116, 104])
  np.testing.assert_array_equal(warped.size, [[10, 12]] * 2)


def test_a_single_pixel_fills_the_canvas(engine):
  scenes = reference.make_scenes(
    np.random.default_rng(0), batch=1, size=(1, 1), count=1
  )
  scenes = tf.nest.map_structure(tf.constant, scenes)
  draw = jitter.fitted(scenes.size, output_size=(8, 8))
  warped = warp.warp(scenes, draw, output_size=(8, 8), engine=engine)
  np.testing.assert_array_equal(warped.planes[0, 0], 1)


def test_planes_without_a_visible_object_stay_empty(engine):
  rng = np.random.default_rng(0)
  scenes = reference.make_scenes(rng, count=3, crowds=1)
  planes = np.full([4, 8, 48, 64], 9, np.uint8)
  planes[:, :2] = rng.integers(0, 9, [4, 2, 48, 64])
  # An object in plane 0, a crowd in plane 1.
  ids = np.zeros_like(scenes.ids)
  ids[:, 0], ids[:, 1] = 256 + 3, 2
  scenes = scenes._replace(planes=planes, ids=ids)
  scenes = tf.nest.map_structure(tf.constant, scenes)
  draw = jitter.fitted(scenes.size, output_size=(48, 64))
  warped = warp.warp(scenes, draw, output_size=(48, 64), engine=engine)
  assert np.any(warped.planes[:, 0]) and not np.any(warped.planes[:, 1:])
