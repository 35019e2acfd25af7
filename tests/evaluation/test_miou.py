"""Compares mean IoU with plain loops."""

import numpy as np
import pytest
import tensorflow as tf
from miou_by_hand import by_hand

from copypaste_tf.evaluation import miou
from copypaste_tf.examples import VOID


def random_maps(seed, k=4):
  rng = np.random.default_rng(seed)
  sizes = [(5, 7), (8, 3), (1, 1)]
  truth = [
    rng.choice([*range(k), VOID], size).astype(np.uint8) for size in sizes
  ]
  return truth, [rng.integers(0, k, size) for size in sizes]


@pytest.mark.parametrize('seed', range(5))
def test_pixels_of_all_images_are_counted_together(seed):
  truth, predicted = random_maps(seed)
  counts = sum(map(miou.confusion, truth, predicted, [6] * 3))
  expected = by_hand(truth, predicted, 6)
  assert miou.mean(miou.class_ious(counts)) == pytest.approx(expected)
  assert np.isnan(miou.class_ious(counts)[5])
  labelled = sum((x != VOID).sum() for x in truth)
  assert counts.sum() == labelled
  right = sum((x == y).sum() for x, y in zip(truth, predicted, strict=True))
  assert miou.pixel_accuracy(counts) == pytest.approx(right / labelled)


def test_nothing_but_void_has_no_mean():
  counts = miou.confusion(np.full([2, 2], VOID), np.zeros([2, 2], int), 3)
  assert miou.mean(miou.class_ious(counts)) == -1
  assert miou.pixel_accuracy(counts) == -1


def test_a_class_that_nobody_knows_and_another_size_are_refused():
  with pytest.raises(ValueError, match='below 3 or 255, got 3'):
    miou.confusion(np.array([[3]], np.uint8), np.array([[0]]), 3)
  with pytest.raises(ValueError, match='size'):
    miou.confusion(np.zeros([2, 3], np.uint8), np.zeros([3, 2], int), 3)


def test_scores_are_resized_with_half_pixel_centres():
  rng = np.random.default_rng(0)
  scores = rng.normal(size=[6, 8, 5]).astype(np.float32)
  # The image fills the canvas: this is the usual resize.
  expected = tf.argmax(tf.image.resize(scores, [17, 31]), axis=-1).numpy()
  found = miou.classes_at(scores, (24, 32), (24, 32), (17, 31))
  assert (found != expected).mean() < 0.01  # Rounding at ties.
  assert found.dtype == np.uint8


def test_the_padding_of_the_canvas_is_cut_off():
  scores = np.zeros([8, 8, 2], np.float32)
  scores[:4, :, 1] = 1.0  # The image covers the upper half of the canvas.
  found = miou.classes_at(scores, (16, 32), (32, 32), (7, 9))
  assert found.shape == (7, 9) and found.all()
  whole = miou.classes_at(scores, (32, 32), (32, 32), (8, 8))
  np.testing.assert_array_equal(whole[:, 0], [1] * 4 + [0] * 4)


def test_a_class_map_is_resized_as_training_resizes_planes():
  class_map = np.arange(6, dtype=np.uint8).reshape(2, 3)
  larger = miou.resized(class_map, (4, 6))
  np.testing.assert_array_equal(larger, class_map.repeat(2, 0).repeat(2, 1))
  np.testing.assert_array_equal(miou.resized(larger, (2, 3)), class_map)
