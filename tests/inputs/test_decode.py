import numpy as np
import pytest
import reference
import serialized
import tensorflow as tf

from copypaste_tf import records
from copypaste_tf.examples import Features
from copypaste_tf.inputs import decode

OURS = (Features.IDS, Features.PLANES)


def _decode(example, source_size=(32, 48), max_instances=8, num_planes=8):
  found = decode.decode_scene(
    tf.constant(example),
    source_size=source_size,
    max_instances=max_instances,
    num_planes=num_planes,
  )
  return reference.to_numpy(found)


@pytest.mark.parametrize('of_model_garden', [False, True])
@pytest.mark.parametrize('seed', range(3))
def test_decoding_returns_the_written_values(seed, of_model_garden):
  record, masks, pixels = serialized.make_record(seed, crowds=1)
  example = records.serialize(record)
  if of_model_garden:
    example = serialized.without(example, *OURS, Features.SCHEMA)
  found = _decode(example)
  np.testing.assert_array_equal(found.image[:30, :40], pixels)
  assert not found.image[30:].any() and not found.planes[:, :, 40:].any()
  np.testing.assert_array_equal(found.size, [30, 40])
  assert not found.shrunk
  np.testing.assert_allclose(found.boxes[:4], record.boxes, atol=1e-4)
  np.testing.assert_array_equal(found.classes, [*record.classes, 0, 0, 0, 0])
  np.testing.assert_array_equal(found.crowd[:4], record.crowd)
  assert found.source_id == 1000 + seed
  assert found.ids[0] == 0  # A crowd has no pixels to paste.
  for mask, ident in zip(masks[1:], found.ids[1:4], strict=True):
    np.testing.assert_array_equal(
      reference.mask_of(found.planes, ident)[:30, :40], mask
    )


def test_static_shapes_in_the_graph():
  record, _, _ = serialized.make_record()
  dataset = tf.data.Dataset.from_tensors(records.serialize(record))
  spec = dataset.map(
    lambda s: decode.decode_scene(
      s, source_size=(32, 48), max_instances=8, num_planes=4
    )
  ).element_spec
  assert spec.image.shape == [32, 48, 3]
  assert spec.planes.shape == [4, 32, 48]
  assert spec.boxes.shape == [8, 4] and spec.ids.shape == [8]


@pytest.mark.parametrize('size', [(30, 40), (60, 80)])
@pytest.mark.parametrize('count', [0, 1])
def test_images_with_no_objects_or_only_crowds_are_decoded(count, size):
  record, _, _ = serialized.make_record(size=size, count=count, crowds=count)
  found = _decode(records.serialize(record))
  assert (found.classes > 0).sum() == count
  assert not found.ids.any() and not found.planes.any()


def test_three_hundred_objects_are_decoded():
  record, masks, _ = serialized.make_record(size=(60, 90), count=300, largest=4)
  found = _decode(
    records.serialize(record), source_size=(60, 90), max_instances=300
  )
  for k in (0, 150, 254, 255, 256, 299):
    np.testing.assert_array_equal(
      reference.mask_of(found.planes, found.ids[k]), masks[k]
    )


@pytest.mark.parametrize('size', [(1, 1), (1, 40), (4000, 6000)])
def test_one_pixel_and_very_long_images_are_decoded(size):
  record, masks, _ = serialized.make_record(size=size, count=1)
  found = _decode(records.serialize(record))
  if size == (4000, 6000):
    np.testing.assert_array_equal(found.size, [32, 48])
    assert found.boxes.max() <= 48
  else:
    np.testing.assert_array_equal(found.size, size)


def test_a_large_image_is_scaled_down_with_its_labels():
  record, masks, pixels = serialized.make_record(size=(60, 80), largest=60)
  found = _decode(records.serialize(record), source_size=(30, 48))
  np.testing.assert_array_equal(found.size, [30, 40])
  assert found.shrunk
  np.testing.assert_allclose(found.boxes[:4], record.boxes / 2, atol=1e-4)
  for mask, ident in zip(masks, found.ids[:4], strict=True):
    small = reference.mask_of(found.planes, ident)[:30, :40]
    halved = mask.reshape(30, 2, 40, 2).mean(axis=(1, 3))
    assert not small[halved == 0].any() and small[halved == 1].all()
  halved = pixels.reshape(30, 2, 40, 2, 3).mean(axis=(1, 3))
  error = np.abs(found.image[:30, :40] - halved)
  assert error.mean() < 25


@pytest.mark.parametrize('mode', ['L', 'RGB', 'RGBA'])
def test_every_kind_of_image_becomes_rgb(mode):
  channels = {'L': (), 'RGB': (3,), 'RGBA': (4,)}[mode]
  pixels = np.full([30, 40, *channels], 200, np.uint8)
  record, _, _ = serialized.make_record(
    image_bytes=serialized.encode_image(pixels)
  )
  found = _decode(records.serialize(record))
  np.testing.assert_array_equal(found.image[:30, :40], 200)


def test_source_ids_that_are_no_numbers_are_hashed():
  record, _, _ = serialized.make_record()
  example = tf.train.Example.FromString(records.serialize(record))

  def decoded_id(text):
    values = example.features.feature[Features.SOURCE_ID].bytes_list.value
    values[:] = [text]
    return int(_decode(example.SerializeToString()).source_id)

  assert decoded_id(b'000042') == 42
  named = {decoded_id(b'a.jpg'), decoded_id(b'b.jpg'), decoded_id(b'')}
  assert len(named) == 3 and min(named) >= 0


@pytest.mark.parametrize(
  ('break_it', 'message'),
  [
    (
      lambda s: serialized.without(s, Features.MASK, *OURS),
      'does not hold one mask for each object',
    ),
    (lambda s: serialized.without(s, Features.IMAGE), 'image/encoded'),
    (lambda s: serialized.without(s, Features.PLANES), 'points to no plane'),
    (
      lambda s: serialized.without(s, Features.BOX_XMAX),
      'hold different numbers of objects',
    ),
  ],
)
def test_bad_records_are_errors(break_it, message):
  record, _, _ = serialized.make_record()
  with pytest.raises(tf.errors.InvalidArgumentError, match=message):
    _decode(break_it(records.serialize(record)))


def test_a_truncated_jpeg_is_an_error():
  pixels = np.random.default_rng(0).integers(0, 255, [30, 40, 3])
  jpeg = serialized.encode_image(pixels.astype(np.uint8), 'JPEG')
  record, _, _ = serialized.make_record(image_bytes=jpeg[: len(jpeg) // 2])
  with pytest.raises(tf.errors.InvalidArgumentError, match='JPEG|jpeg'):
    _decode(records.serialize(record))


def test_limits_that_are_too_small_name_the_knob():
  record, _, _ = serialized.make_record(largest=30, count=6)
  example = records.serialize(record)
  needed = record.ids.max() // 256 + 1
  assert needed > 1
  error = tf.errors.InvalidArgumentError
  with pytest.raises(error, match='raise num_planes'):
    _decode(example, num_planes=1)
  with pytest.raises(error, match='raise max_source_instances'):
    _decode(example, max_instances=3)
  with pytest.raises(error, match='raise num_planes'):
    _decode(serialized.without(example, *OURS), num_planes=1)


def test_decode_image_reads_the_image_alone():
  record, _, pixels = serialized.make_record()
  example = serialized.without(records.serialize(record), Features.MASK, *OURS)
  image, source_id = decode.decode_image(tf.constant(example))
  np.testing.assert_array_equal(image, pixels)
  assert source_id == 1000


@pytest.mark.parametrize('size', [(32, 48), (15, 48)])
def test_records_without_masks_give_boxes_alone(size):
  record, _, _ = serialized.make_record(3, crowds=1)
  whole = records.serialize(record)
  bare = serialized.without(whole, *OURS, Features.MASK)
  expected, found = (
    _decode(example, size, num_planes=count)
    for example, count in ((whole, 8), (bare, 0))
  )
  assert found.planes.shape == (0, *size)
  for name in set(found._fields) - {'planes', 'ids'}:
    a, b = getattr(expected, name), getattr(found, name)
    np.testing.assert_array_equal(a, b, err_msg=name)
  assert found.ids.tolist() == [0, 2, 3, 4, 0, 0, 0, 0]
  with pytest.raises(tf.errors.InvalidArgumentError, match='one mask for each'):
    _decode(bare, size)
