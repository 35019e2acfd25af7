"""Tests records: layering, round trips, faults, Model Garden's decoder."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from random_records import make_record, random_masks

from copypaste_tf import records
from copypaste_tf.examples import Features
from copypaste_tf.records import png

EXTRAS = {
  'difficult': np.array([True]),
  'scores': np.array([0.25], np.float32),
  'neg_category_ids': [3, 7],
  'not_exhaustive_category_ids': [2**31 - 1],
  'pseudo': True,
}


def assert_equal_records(a, b):
  for name in a._fields:
    x, y = getattr(a, name), getattr(b, name)
    if isinstance(x, np.ndarray) and y is not None:
      assert x.dtype == y.dtype, name
      np.testing.assert_allclose(x, y, rtol=1e-6, err_msg=name)
    else:
      assert x == y, name


def with_feature(record, change):
  example = tf.train.Example.FromString(records.serialize(record))
  change(example.features.feature)
  return example.SerializeToString()


@pytest.mark.parametrize('seed', range(8))
def test_layering_is_exact_and_crowds_come_last(seed):
  rng = np.random.default_rng(100 + seed)
  masks = random_masks(rng, 30, 40, 33)
  crowd = rng.random(30) < 0.2
  record = make_record(masks, crowd)
  np.testing.assert_array_equal(list(records.instance_masks(record)), masks)
  used = record.ids // 256
  has_pixels = masks.any((1, 2))
  if (crowd & has_pixels).any():
    first_crowd = used[crowd & has_pixels].min()
    assert first_crowd > used[~crowd & has_pixels].max()
  np.testing.assert_array_equal(record.ids == 0, ~has_pixels)


def test_three_hundred_disjoint_objects_need_a_second_plane():
  masks = np.zeros((300, 20, 30), bool)
  for i in range(300):
    masks[i, i // 30, i % 30] = True
  record = make_record(masks)
  assert record.planes.shape == (2, 20, 30)
  assert record.planes.max() == 255
  again = records.parse(records.serialize(record))
  np.testing.assert_array_equal(list(records.instance_masks(again)), masks)


@pytest.mark.parametrize('count', [0, 1, 7])
def test_a_record_survives_a_round_trip(count):
  masks = random_masks(np.random.default_rng(count), count, 21, 34)
  record = make_record(masks, np.arange(count) % 3 == 1)
  serialized = records.serialize(record)
  assert_equal_records(records.parse(serialized), record)
  assert serialized == records.serialize(record)


def test_round_trip_of_the_smallest_image_and_of_extra_lists():
  record = make_record(np.ones((1, 1, 1), bool), **EXTRAS)
  assert_equal_records(records.parse(records.serialize(record)), record)


@pytest.mark.parametrize('name', EXTRAS)
def test_each_extra_is_written_alone_and_even_if_empty(name):
  plain = make_record(np.zeros((0, 5, 6), bool))
  empty = {'difficult': np.zeros(0, bool), 'scores': np.zeros(0, np.float32)}
  empty['pseudo'] = True
  for value in (empty.get(name, []), plain._field_defaults[name]):
    record = plain._replace(**{name: value})
    assert_equal_records(records.parse(records.serialize(record)), record)


def test_absent_extras_write_no_feature():
  record = make_record(np.ones((1, 1, 1), bool))
  keys = tf.train.Example.FromString(records.serialize(record)).features.feature
  assert not keys.keys() & {
    Features.DIFFICULT,
    Features.SCORE,
    Features.NEG_CATEGORY_IDS,
    Features.NOT_EXHAUSTIVE_CATEGORY_IDS,
    Features.PSEUDO,
  }


def test_a_record_of_crowds_only_survives_a_round_trip():
  masks = random_masks(np.random.default_rng(5), 3, 20, 20)
  record = make_record(masks, [True] * 3)
  again = records.parse(records.serialize(record))
  assert again.crowd.all()
  np.testing.assert_array_equal(list(records.instance_masks(again)), masks)


def test_record_without_masks_has_no_mask_features():
  masks = random_masks(np.random.default_rng(1), 3, 20, 20)
  record = make_record(
    masks,
    has_masks=False,
    planes=np.zeros((0, 20, 20), np.uint8),
    ids=np.zeros(3, np.int32),
  )
  serialized = records.serialize(record)
  features = tf.train.Example.FromString(serialized).features.feature
  keys = {Features.MASK, Features.PLANES, Features.IDS}
  assert not keys & set(features)
  assert_equal_records(records.parse(serialized), record)


def test_masks_are_known_even_without_objects():
  empty = make_record(np.zeros((0, 5, 6), bool))
  assert records.parse(records.serialize(empty)).has_masks
  bare = records.serialize(empty._replace(has_masks=False))
  assert not records.parse(bare).has_masks


def test_parse_makes_planes_of_mask_pngs():
  masks = random_masks(np.random.default_rng(3), 9, 25, 18)
  crowd = np.arange(9) % 4 == 0
  record = make_record(masks, crowd)

  def drop_ours(features):
    for key in (Features.PLANES, Features.IDS, Features.SCHEMA):
      del features[key]

  again = records.parse(with_feature(record, drop_ours))
  assert_equal_records(again, record)


def test_parse_reads_planes_of_several_channels():
  masks = random_masks(np.random.default_rng(4), 9, 25, 18)
  masks[:4, 5, 5] = True
  record = make_record(masks)
  count = len(record.planes)
  assert count >= 4
  stream = io.BytesIO()
  colours = np.moveaxis(record.planes[:3], 0, -1).copy()
  Image.fromarray(colours).save(stream, 'PNG')
  rest = [png.encode(record.planes[i]) for i in range(3, count)]

  def repack(features):
    del features[Features.PLANES]
    packed = [stream.getvalue(), *rest]
    features[Features.PLANES].bytes_list.value.extend(packed)

  assert_equal_records(records.parse(with_feature(record, repack)), record)


def drop(key):
  return lambda features: features.pop(key)


def put(key, kind, *numbers):
  def change(features):
    features[key].Clear()
    getattr(features[key], kind).value.extend(numbers)

  return change


@pytest.mark.parametrize(
  ('key', 'change', 'message'),
  [
    (Features.IMAGE, drop, 'no such feature'),
    (Features.HEIGHT, drop, 'no such feature'),
    (Features.WIDTH, drop, 'no such feature'),
    (Features.SOURCE_ID, drop, 'no such feature'),
    (Features.BOX_YMIN, drop, '2 values, one per class label, got 0'),
    (Features.BOX_XMAX, drop, '2 values'),
    (Features.IDS, drop, '2 values'),
    (Features.HEIGHT, (put, 'int64_list', 0), 'at least 1x1, got 0x'),
    (Features.HEIGHT, (put, 'float_list', 9.0), 'int64_list, got a float_list'),
    (Features.BOX_XMIN, (put, 'float_list', np.nan, 0), 'finite'),
    (Features.BOX_XMIN, (put, 'float_list', 0.1), '2 values.*got 1'),
    (Features.AREA, (put, 'float_list', -1, 0), 'at least 0'),
    (Features.AREA, (put, 'float_list', 1, 2, 3), '2 values'),
    (Features.CROWD, (put, 'int64_list', 1), '2 values'),
    (Features.CLASS, (put, 'int64_list', 0, 1), 'at least 1'),
    (Features.CLASS, (put, 'int64_list', 1, 2**40), 'category ids'),
    (Features.CLASS_NAME, (put, 'bytes_list', b'a'), '2 values'),
    (Features.SOURCE_ID, (put, 'bytes_list', b'cat'), 'decimal integer'),
    (Features.DIFFICULT, (put, 'int64_list', 1), '2 values'),
    (Features.DIFFICULT, (put, 'int64_list', 1, 2), '0 or 1, got'),
    (Features.PSEUDO, (put, 'int64_list', 2), '0 or 1, got'),
    (Features.PSEUDO, (put, 'int64_list', 1, 1), 'one value'),
    (Features.SCORE, (put, 'float_list', 1, 0, 1), '2 values'),
    (Features.SCORE, (put, 'float_list', 1.01, 0), 'from 0 to 1'),
    (Features.SCORE, (put, 'float_list', np.nan, 0), 'from 0 to 1'),
    (Features.NEG_CATEGORY_IDS, (put, 'int64_list', 0, 1), 'at least 1, got'),
    (
      Features.NOT_EXHAUSTIVE_CATEGORY_IDS,
      (put, 'int64_list', 2**31),
      'category ids',
    ),
    (Features.IDS, (put, 'int64_list', 1, 1), 'distinct address'),
    (Features.IDS, (put, 'int64_list', 1, 256 * 9 + 1), 'addresses in'),
    (Features.IDS, (put, 'int64_list', 1, -3), 'addresses in'),
    (Features.PLANES, (put, 'bytes_list', b'x'), 'expected a PNG'),
    (
      Features.PLANES,
      (put, 'bytes_list', png.encode(np.ones((3, 3), np.uint8))),
      'image size',
    ),
  ],
)
def test_parse_names_the_feature_at_fault(key, change, message):
  record = make_record(np.ones((2, 12, 10), bool))
  change = change(key) if callable(change) else change[0](key, *change[1:])
  with pytest.raises(ValueError, match=message) as caught:
    records.parse(with_feature(record, change))
  assert repr(key) in str(caught.value)


def test_parse_refuses_bytes_that_are_no_example():
  with pytest.raises(ValueError, match=r'expected a tf\.train\.Example'):
    records.parse(b'\xff\xff\xff garbage')


def test_parse_refuses_an_address_of_the_background():
  masks = np.ones((2, 12, 10), bool)
  change = put(Features.IDS, 'int64_list', 1, 256)
  with pytest.raises(ValueError, match='1 to 255'):
    records.parse(with_feature(make_record(masks), change))


def write(path, serialized):
  with tf.io.TFRecordWriter(str(path)) as writer:
    for item in serialized:
      writer.write(item)


def test_errors_of_read_records_name_the_place(tmp_path):
  good = make_record(np.ones((2, 12, 10), bool))
  bad = with_feature(good, drop(Features.HEIGHT))
  write(tmp_path / 'a', [records.serialize(good)])
  write(tmp_path / 'b', [records.serialize(good), bad])
  found = []
  with pytest.raises(ValueError, match=r'b: record 1: .*image/height'):
    for path, index, record in records.read_records(
      [tmp_path / 'a', tmp_path / 'b']
    ):
      found.append((path[-1], index, record.source_id))
  assert found == [('a', 0, 397133), ('b', 0, 397133)]


def model_garden_decode(serialized):
  decoding = pytest.importorskip(
    'official.vision.dataloaders.tf_example_decoder'
  )
  decoder = decoding.TfExampleDecoder(include_mask=True)
  return {k: v.numpy() for k, v in decoder.decode(serialized).items()}


@pytest.mark.parametrize('count', [0, 6])
def test_model_garden_decodes_our_records(count):
  masks = random_masks(np.random.default_rng(8), count, 31, 22)
  record = make_record(masks, np.arange(count) % 2 == 1)
  decoded = model_garden_decode(records.serialize(record))
  size = np.array([31, 22, 31, 22])
  np.testing.assert_array_equal(decoded['groundtruth_instance_masks'], masks)
  np.testing.assert_allclose(
    decoded['groundtruth_boxes'] * size, record.boxes, rtol=1e-6
  )
  np.testing.assert_array_equal(decoded['groundtruth_classes'], record.classes)
  np.testing.assert_array_equal(decoded['groundtruth_is_crowd'], record.crowd)
  np.testing.assert_array_equal(decoded['groundtruth_area'], record.areas)
  assert decoded['source_id'] == b'397133'
  np.testing.assert_array_equal(
    decoded['image'], tf.io.decode_jpeg(record.image_bytes, channels=3)
  )
