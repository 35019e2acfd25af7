import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf.augment.labels import mask_strips


@pytest.mark.parametrize('width', [1, 8, 21])
def test_strips_hold_the_rows_of_each_mask_and_its_box(width):
  rng = np.random.default_rng(width)
  masks = np.zeros([5, 600, width], bool)  # More rows than a byte can count.
  for k, (top, bottom) in enumerate([(0, 600), (3, 4), (590, 600), (7, 300)]):
    masks[k, top:bottom] = rng.random([bottom - top, width]) < 0.7
  masks[1, 3, 0] = True
  columns = mask_strips.num_words(width) + 1
  strips = reference.to_numpy(mask_strips.cut(tf.constant(masks), columns))
  pixels = strips.words.view(np.uint8)
  for k, mask in enumerate(masks):
    box = reference.tight_box(mask).astype(int)
    np.testing.assert_array_equal(strips.box[k], box)
    rows = pixels[strips.start[k] : strips.start[k] + box[2] - box[0]]
    np.testing.assert_array_equal(rows[:, :width], mask[box[0] : box[2]])
    assert not rows[:, width:].any()


def test_no_mask_gives_no_strip():
  strips = mask_strips.cut(tf.zeros([0, 4, 5], tf.bool), 1)
  assert strips.words.shape == (0, 1) and strips.box.shape == (0, 4)
