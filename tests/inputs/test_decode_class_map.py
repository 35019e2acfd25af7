"""Tests class maps as id planes: reading, drawing, padding, bad records."""

import io

import numpy as np
import pytest
import reference
import serialized
import tensorflow as tf
from PIL import Image

from copypaste_tf import records
from copypaste_tf.augment import augment
from copypaste_tf.augment.options import CopyPaste, ScaleJitter
from copypaste_tf.examples import VOID, Features
from copypaste_tf.inputs import decode, decode_class_map
from copypaste_tf.records import class_maps, png

SIZE = (30, 40)


def decoded(example, source, source_size=(32, 48)):
  return decode.decode_scene(
    tf.constant(example),
    source_size=source_size,
    max_instances=6,
    num_planes=8,
    class_maps=source,
  )


def random_map(seed):
  rng = np.random.default_rng(seed)
  coarse = rng.choice([0, 1, 20, VOID], [6, 8]).astype(np.uint8)
  return coarse.repeat(5, 0).repeat(5, 1)


def example_with(class_map, seed=0, **changes):
  record, _, _ = serialized.make_record(seed, size=SIZE, crowds=1)
  record = record._replace(class_map=class_map)
  return records.serialize(record._replace(**changes))


def shown(scene):
  """Returns the class map of a scene."""
  return decode_class_map.class_map(scene.planes[..., 0, :, :]).numpy()


def test_padding_is_void_and_each_class_is_a_region():
  class_map = random_map(0)
  scene = decoded(example_with(class_map), 'encoded')
  found = shown(scene)
  np.testing.assert_array_equal(found[:30, :40], class_map)
  assert (found[30:] == VOID).all() and (found[:, 40:] == VOID).all()
  present = [int(k) for k in np.unique(class_map) if k != VOID]
  assert scene.classes.numpy().tolist() == present + [0] * (6 - len(present))
  for row, category in enumerate(present):
    mask = reference.mask_of(scene.planes.numpy(), scene.ids.numpy()[row])
    np.testing.assert_array_equal(mask[:30, :40], class_map == category)


@pytest.mark.parametrize('seed', range(3))
def test_objects_are_drawn_as_the_evaluation_draws_them(seed):
  record, _, _ = serialized.make_record(seed, size=SIZE, count=6, crowds=2)
  expected = class_maps.of_objects(
    record.planes, record.ids, record.classes, record.crowd
  )
  assert {0, VOID} < {*expected.flat}
  found = shown(decoded(records.serialize(record), 'objects'))
  np.testing.assert_array_equal(found[:30, :40], expected)


def test_an_image_without_objects_is_background_all_over():
  record, _, _ = serialized.make_record(size=SIZE, count=0)
  scene = decoded(records.serialize(record), 'objects')
  assert (shown(scene)[:30, :40] == 0).all()
  # The background alone keeps the plane in use, so the warp does not empty it.
  batch = tf.nest.map_structure(lambda x: x[tf.newaxis], scene)
  example = augment(
    batch,
    tf.constant([0, 1]),
    output_size=(30, 40),
    jitter=ScaleJitter(min_scale=1.0, max_scale=1.0),
  )
  assert (shown(example) == 0).all() and not example.classes.numpy().any()


def test_large_images_are_shrunk_with_their_class_maps():
  class_map = np.full(SIZE, 7, np.uint8)
  scene = decoded(example_with(class_map), 'encoded', source_size=(15, 20))
  assert scene.shrunk and (shown(scene) == 7).all()


def batched(*class_maps):
  scenes = [
    decoded(example_with(m, seed, source_id=seed), 'encoded')
    for seed, m in enumerate(class_maps)
  ]
  return tf.nest.map_structure(lambda *x: tf.stack(x), *scenes)


def test_outside_of_the_jittered_image_there_is_void():
  small = ScaleJitter(min_scale=0.5, max_scale=0.5, flip_probability=0.0)
  example = augment(
    batched(np.full(SIZE, 3, np.uint8)),
    tf.constant([0, 1]),
    output_size=(40, 40),
    jitter=small,
  )
  found = shown(example)[0]
  height, width = example.size.numpy()[0]
  assert (found[:height, :width] == 3).all()
  assert (found[height:] == VOID).all() and (found[:, width:] == VOID).all()
  np.testing.assert_array_equal(example.boxes[0, 0], [0, 0, height, width])


def test_copy_paste_moves_the_region_of_a_class():
  target, source = np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8)
  target[:, :5], source[10:20, 10:20] = VOID, 9
  still = ScaleJitter(min_scale=1.0, max_scale=1.0, flip_probability=0.0)
  example = augment(
    batched(target, source),
    tf.constant([0, 1]),
    output_size=(30, 40),
    jitter=still,
    copy_paste=CopyPaste(subset='all'),
  )
  expected = target.copy()
  expected[10:20, 10:20] = 9
  np.testing.assert_array_equal(shown(example)[0], expected)
  np.testing.assert_array_equal(shown(example)[1], source)


def saved(image):
  stream = io.BytesIO()
  image.save(stream, 'PNG')
  return stream.getvalue()


def palette_png():
  image = Image.fromarray(np.full(SIZE, 5, np.uint8))
  image.putpalette([*range(256)] * 3)
  return saved(image)


def deep_png():
  return saved(Image.fromarray(np.full(SIZE, 5, np.uint16)))


@pytest.mark.parametrize(
  ('data', 'message'),
  [
    (None, 'does not hold one class map'),
    (palette_png(), 'expected a grey PNG of class ids'),
    (deep_png(), 'expected a PNG of 8 bits'),
    (png.encode(np.zeros([40, 30], np.uint8)), 'another size'),
  ],
)
def test_a_record_without_a_usable_class_map_is_refused(data, message):
  example = tf.train.Example.FromString(example_with(random_map(0)))
  stored = example.features.feature[Features.CLASS_MAP].bytes_list.value
  stored[:] = [] if data is None else [data]
  with pytest.raises(tf.errors.InvalidArgumentError, match=message):
    decoded(example.SerializeToString(), 'encoded')
