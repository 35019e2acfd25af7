import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf.augment.labels import mask_strips


@pytest.mark.parametrize('dtype', [bool, np.uint8])
@pytest.mark.parametrize('width', [1, 8, 21, 32])
def test_a_strip_holds_the_words_of_a_mask_and_its_box(width, dtype):
  rng = np.random.default_rng(width)
  for top, bottom in [(0, 600), (3, 4), (590, 600), (7, 300)]:
    left = rng.integers(0, width)
    mask = np.zeros([600, width], bool)
    mask[top:bottom, left:] = rng.random([bottom - top, width - left]) < 0.7
    mask[top, left] = True
    strip = reference.to_numpy(
      mask_strips.cut(tf.constant((mask * 7).astype(dtype)))
    )
    box = reference.tight_box(mask).astype(int)
    begin, end = strip.span[1] * 8, strip.span[3] * 8
    assert (begin <= box[1] < begin + 8) and (end - 8 < box[3] <= end)
    assert (strip.span[0], strip.span[2]) == (box[0], box[2])
    pixels = strip.words.view(np.uint8)
    inside = mask[box[0] : box[2], begin:end]
    np.testing.assert_array_equal(pixels[:, : inside.shape[1]], inside)
    assert not pixels[:, inside.shape[1] :].any()
    boxes = mask_strips.boxes(
      tf.constant([strip.span]), tf.constant(strip.edges[np.newaxis])
    )
    np.testing.assert_array_equal(boxes, [box])


def test_a_mask_without_pixels_has_edges_and_a_box_of_zeros():
  strip = mask_strips.cut(tf.zeros([4, 13], tf.bool))
  assert not strip.edges.numpy().any() and not strip.words.numpy().any()
  boxes = mask_strips.boxes(tf.stack(strip.span)[None], strip.edges[None])
  np.testing.assert_array_equal(boxes, [[0, 0, 0, 0]])
