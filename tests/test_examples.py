"""Documented shapes of all fields, addresses, and keys of features."""

import inspect
import re

import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf import augment, examples
from copypaste_tf.records import id_planes

RECORDS = (examples.Scenes, examples.TrainScenes, examples.Regions)


def documented(record):
  """Returns `{field: (shape, dtype)}` of the docstring."""
  entries = re.findall(
    r'^  (\w+): `\[([^\]]*)\]` (\w+)', inspect.getdoc(record), re.MULTILINE
  )
  return {name: (shape.split(', '), dtype) for name, shape, dtype in entries}


@pytest.mark.parametrize('record', RECORDS, ids=lambda r: r.__name__)
def test_every_field_has_a_shape_and_a_dtype(record):
  fields = set(record._fields) - {'statistics', 'regions'}
  assert set(documented(record)) == fields
  for shape, _ in documented(record).values():
    assert shape[0] == 'b'


@pytest.mark.parametrize('record', RECORDS, ids=lambda r: r.__name__)
def test_the_tensors_are_as_documented(record):
  record_of_arrays = reference.make_scenes(
    np.random.default_rng(0), size=(24, 40)
  )
  sizes = {'b': 4, 'n': 12, 'h': 24, 'w': 40, 'l': 8}
  record_of_arrays = record_of_arrays._replace(
    ignored=np.zeros([4, 12], bool), sets=np.zeros([4], np.int32)
  )
  if record is not examples.Scenes:
    sizes |= {'n': 7, 'h': 16, 'w': 32, 'i': 3}
    record_of_arrays = augment.augment(
      record_of_arrays,
      [0, 1],
      output_size=(16, 32),
      max_instances=7,
      max_ignored=3,
    )
  if record is examples.Regions:
    record_of_arrays = record_of_arrays.regions
  for name, (shape, dtype) in documented(record).items():
    tensor = np.asarray(getattr(record_of_arrays, name))
    assert tensor.dtype.name == dtype, name
    expected = [sizes.get(side) or int(side) for side in shape]
    assert list(tensor.shape) == expected, name


def test_ids_address_pixels_of_their_plane():
  assert examples.IDS_PER_PLANE == id_planes.IDS_PER_PLANE == 256
  masks = np.zeros((3, 4, 5), bool)
  masks[0, :2], masks[1, 1:], masks[2, 3] = True, True, True
  planes, ids = id_planes.layer_masks(masks, [False] * 3)
  for mask, ident in zip(masks, ids, strict=True):
    plane, value = divmod(ident, examples.IDS_PER_PLANE)
    np.testing.assert_array_equal(planes[plane] == value, mask)


@pytest.mark.parametrize('convert', [np.asarray, tf.constant])
def test_mask_of_one_instance_of_a_scene(convert):
  scenes = reference.make_scenes(np.random.default_rng(1))
  scene = tf.nest.map_structure(lambda field: convert(field[0]), scenes)
  for k in range(12):
    expected = reference.mask_of(scenes.planes[0], scenes.ids[0, k])
    np.testing.assert_array_equal(examples.mask_of(scene, k), expected)


def test_alpha_marks_the_pixels_of_the_source():
  scenes = reference.make_scenes(np.random.default_rng(2))
  example = augment.augment(scenes, [0, 1], output_size=(16, 32))
  owners = np.uint8([[[0, 1, 2, 3]]])
  alpha = example._replace(owners=tf.constant(owners)).alpha
  np.testing.assert_array_equal(alpha, [[[False, False, True, True]]])


def test_keys_of_features_are_unique():
  keys = [v for k, v in vars(examples.Features).items() if k.isupper()]
  assert len(set(keys)) == len(keys)
  assert all(re.fullmatch(r'image/[a-z_/\d]+', key) for key in keys)


def test_model_garden_has_the_same_keys():
  decoding = pytest.importorskip(
    'official.vision.dataloaders.tf_example_decoder'
  )
  theirs = set(decoding.TfExampleDecoder(include_mask=True)._keys_to_features)
  names = 'IMAGE HEIGHT WIDTH SOURCE_ID CLASS CROWD AREA MASK BOX_YMIN BOX_XMIN'
  for name in [*names.split(), 'BOX_YMAX', 'BOX_XMAX']:
    assert getattr(examples.Features, name) in theirs, name
