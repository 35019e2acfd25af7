"""The schema: every field documented with its shape, addresses, keys."""

import inspect
import re

import numpy as np
import pytest
import reference

from copypaste_tf import augment, examples
from copypaste_tf.records import id_planes

RECORDS = (examples.Scenes, examples.TrainScenes)


def documented(record):
  """Returns `{field: (shape, dtype)}` of the docstring."""
  found = re.findall(
    r'^  (\w+): `\[([^\]]*)\]` (\w+)', inspect.getdoc(record), re.MULTILINE
  )
  return {name: (shape.split(', '), dtype) for name, shape, dtype in found}


@pytest.mark.parametrize('record', RECORDS, ids=lambda r: r.__name__)
def test_every_field_has_a_shape_and_a_dtype(record):
  fields = set(record._fields) - {'statistics'}
  assert set(documented(record)) == fields
  for shape, _ in documented(record).values():
    assert shape[0] == 'b'


@pytest.mark.parametrize('record', RECORDS, ids=lambda r: r.__name__)
def test_the_tensors_are_as_documented(record):
  made = reference.make_scenes(np.random.default_rng(0), size=(24, 40))
  sizes = {'b': 4, 'n': 12, 'h': 24, 'w': 40, 'l': 8}
  if record is examples.TrainScenes:
    sizes |= {'n': 7, 'h': 16, 'w': 32}
    made = augment.augment(made, [0, 1], output_size=(16, 32), max_instances=7)
  for name, (shape, dtype) in documented(record).items():
    tensor = np.asarray(getattr(made, name))
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


def test_every_feature_has_a_key_of_its_own():
  keys = [v for k, v in vars(examples.Features).items() if k.isupper()]
  assert len(set(keys)) == len(keys)
  assert all(re.fullmatch(r'image/[a-z_/\d]+', key) for key in keys)


def test_model_garden_knows_the_keys():
  decoding = pytest.importorskip(
    'official.vision.dataloaders.tf_example_decoder'
  )
  theirs = set(decoding.TfExampleDecoder(include_mask=True)._keys_to_features)
  names = 'IMAGE HEIGHT WIDTH SOURCE_ID CLASS CROWD AREA MASK BOX_YMIN BOX_XMIN'
  for name in [*names.split(), 'BOX_YMAX', 'BOX_XMAX']:
    assert getattr(examples.Features, name) in theirs, name
