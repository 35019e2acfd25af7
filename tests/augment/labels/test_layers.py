import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf.augment.labels import layers


@pytest.mark.parametrize('seed', range(4))
def test_masks_come_back_exactly(seed):
  rng = np.random.default_rng(seed)
  masks = np.stack([reference.random_mask(rng, 30, 40, 20) for _ in range(12)])
  planes, ids = layers.layer(tf.constant(masks), num_planes=8)
  for mask, ident in zip(masks, ids.numpy(), strict=True):
    np.testing.assert_array_equal(
      reference.mask_of(planes.numpy(), ident), mask
    )
  assert len(set(ids.numpy())) == 12


def test_disjoint_masks_share_the_first_plane():
  masks = np.eye(5, dtype=bool)[:, None]
  _, ids = layers.layer(tf.constant(masks), num_planes=2)
  np.testing.assert_array_equal(ids, [1, 2, 3, 4, 5])


def test_a_mask_without_pixels_has_id_0_and_costs_nothing():
  masks = np.zeros([3, 4, 4], np.float32)
  masks[2, 1, 1] = 1
  planes, ids = layers.layer(tf.constant(masks), num_planes=1)
  np.testing.assert_array_equal(ids, [0, 0, 1])
  assert planes.numpy().sum() == 1


def test_no_masks_give_empty_planes():
  planes, ids = layers.layer(tf.zeros([0, 4, 5], bool), num_planes=2)
  assert planes.shape == [2, 4, 5]
  assert ids.shape == [0]


def test_more_than_255_objects_go_on_in_the_next_plane():
  masks = np.eye(300, dtype=bool)[:, None]
  planes, ids = layers.layer(tf.constant(masks), num_planes=2)
  assert ids.numpy().max() == 256 + 45
  for k in (0, 254, 255, 299):
    found = reference.mask_of(planes.numpy(), ids.numpy()[k])
    np.testing.assert_array_equal(found, masks[k])


def test_too_many_planes_are_an_error_that_names_the_knob():
  with pytest.raises(tf.errors.InvalidArgumentError, match='raise num_planes'):
    layers.layer(tf.ones([3, 4, 4], bool), num_planes=2)
