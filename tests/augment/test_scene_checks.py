import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.augment import scene_checks


def _annotations(**changes):
  return scene_checks.Annotations(
    image=tf.zeros([4, 5, 3], tf.uint8),
    masks=tf.zeros([2, 4, 5], tf.bool),
    classes=tf.constant([1, 2]),
    source_id=tf.constant(3),
    boxes=None,
    crowd=None,
  )._replace(**changes)


def test_a_valid_scene_passes_with_and_without_the_optional_tensors():
  full = _annotations(
    boxes=tf.constant([[0, 0, 4, 5]] * 2), crowd=tf.constant([False, True])
  )
  for given in (_annotations(), full):
    assert scene_checks.check_static(given)._fields == given._fields
    assert not scene_checks.assertions(given)


def test_an_empty_list_of_classes_may_have_any_dtype():
  empty = _annotations(
    masks=tf.zeros([0, 4, 5], tf.bool), classes=tf.constant([])
  )
  assert scene_checks.check_static(empty).classes.shape == [0]


def test_a_rank_that_is_not_known_yet_becomes_static():
  @tf.function(input_signature=[tf.TensorSpec(None, tf.bool)])
  def ranks(masks):
    checked = scene_checks.check_static(_annotations(masks=masks))
    assert checked.masks.shape.rank == 3
    return tf.shape(checked.masks)

  np.testing.assert_array_equal(ranks(np.zeros([2, 4, 5], bool)), [2, 4, 5])
  with pytest.raises(tf.errors.InvalidArgumentError):
    ranks(np.zeros([4, 5], bool))
