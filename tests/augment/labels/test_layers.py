import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf.augment.labels import layers


@pytest.mark.parametrize('seed', range(4))
def test_masks_come_back_exactly(seed):
  rng = np.random.default_rng(seed)
  masks = np.stack([reference.random_mask(rng, 30, 40, 20) for _ in range(12)])
  planes, ids, _ = layers.layer(tf.constant(masks), num_planes=8)
  for mask, ident in zip(masks, ids.numpy(), strict=True):
    np.testing.assert_array_equal(
      reference.mask_of(planes.numpy(), ident), mask
    )
  assert len(set(ids.numpy())) == 12


def test_disjoint_masks_share_the_first_plane():
  masks = np.eye(5, dtype=bool)[:, None]
  _, ids, _ = layers.layer(tf.constant(masks), num_planes=2)
  np.testing.assert_array_equal(ids, [1, 2, 3, 4, 5])


def test_a_mask_without_pixels_has_id_0_and_costs_nothing():
  masks = np.zeros([3, 4, 4], np.float32)
  masks[2, 1, 1] = 1
  planes, ids, _ = layers.layer(tf.constant(masks), num_planes=1)
  np.testing.assert_array_equal(ids, [0, 0, 1])
  assert planes.numpy().sum() == 1


def test_no_masks_give_empty_planes():
  planes, ids, _ = layers.layer(tf.zeros([0, 4, 5], bool), num_planes=2)
  assert planes.shape == [2, 4, 5]
  assert ids.shape == [0]


def test_more_than_255_objects_go_on_in_the_next_plane():
  masks = np.eye(300, dtype=bool)[:, None]
  planes, ids, _ = layers.layer(tf.constant(masks), num_planes=2)
  assert ids.numpy().max() == 256 + 45
  for k in (0, 254, 255, 299):
    found = reference.mask_of(planes.numpy(), ids.numpy()[k])
    np.testing.assert_array_equal(found, masks[k])


@pytest.mark.parametrize('shape', [(9, 1, 1), (12, 30, 41), (5, 600, 19)])
def test_ids_and_boxes_are_those_of_a_slow_loop(shape):
  """Masks with holes, of any width, with more rows than a byte counts."""
  rng = np.random.default_rng(shape[1])
  masks = np.stack([_speckled(rng, *shape[1:]) for _ in range(shape[0])])
  planes, ids, boxes = layers.layer(tf.constant(masks), num_planes=12)
  expected_planes, expected_ids = _layer_slowly(masks, 12)
  np.testing.assert_array_equal(planes, expected_planes)
  np.testing.assert_array_equal(ids, expected_ids)
  for mask, box in zip(masks, boxes.numpy(), strict=True):
    expected = reference.tight_box(mask) if mask.any() else np.zeros(4)
    np.testing.assert_array_equal(box, expected)


def test_a_column_of_256_pixels_is_no_empty_column():
  masks = np.zeros([1, 513, 20], bool)
  masks[0, :, 17] = True
  masks[0, 0, 3] = True
  *_, boxes = layers.layer(tf.constant(masks), num_planes=1)
  np.testing.assert_array_equal(boxes, [[0, 3, 513, 18]])


@pytest.mark.parametrize('canvas', [(20, 30), (24, 30), (20, 64), (23, 41)])
def test_masks_read_one_by_one_are_packed_as_together(canvas):
  """Nonzero bytes of any value are inside, and the canvas may be larger."""
  rng = np.random.default_rng(5)
  masks = np.stack([_speckled(rng, 20, 30) for _ in range(8)])
  expected_planes, expected_ids = _layer_slowly(masks, 8)
  levels = tf.constant(masks * rng.integers(1, 256, masks.shape), tf.uint8)

  @tf.function(autograph=False)
  def each():
    return layers.layer_each(
      lambda index: levels[index],
      tf.size(masks[:, 0, 0]),
      num_planes=8,
      canvas=canvas,
    )

  planes, ids, boxes = each()
  np.testing.assert_array_equal(ids, expected_ids)
  assert planes.shape == (8, *canvas)
  np.testing.assert_array_equal(planes[:, :20, :30], expected_planes)
  assert np.count_nonzero(planes) == np.count_nonzero(expected_planes)
  for mask, box in zip(masks, boxes.numpy(), strict=True):
    np.testing.assert_array_equal(box, reference.tight_box(mask))


def _speckled(rng, height, width):
  """A random box in which every second pixel belongs to the mask."""
  top, left = rng.integers(0, height), rng.integers(0, width)
  mask = rng.random([height, width]) < 0.5
  mask[:top] = mask[:, :left] = False
  return mask


def _layer_slowly(masks, num_planes):
  planes = np.zeros([num_planes, *masks.shape[1:]], np.uint8)
  ids = np.zeros(len(masks), int)
  for index, mask in enumerate(masks):
    if mask.any():
      plane = next(k for k, x in enumerate(planes) if not x[mask].any())
      value = int(planes[plane].max()) + 1
      planes[plane][mask] = value
      ids[index] = 256 * plane + value
  return planes, ids


def test_too_many_planes_are_an_error_that_names_the_knob():
  with pytest.raises(tf.errors.InvalidArgumentError, match='raise num_planes'):
    layers.layer(tf.ones([3, 4, 4], bool), num_planes=2)
