import numpy as np
import pytest
from official.vision.ops import mask_ops

from copypaste_tf.evaluation import pasting


def full(crop, size):
  mask = np.zeros(size, bool)
  mask[crop.window] = crop.mask
  return mask


def paste_by_hand(mask, box, size, threshold=0.5):
  """Asks every pixel centre of the image, one after the other."""
  m = len(mask)
  padded = np.zeros([m + 2, m + 2])
  padded[1:-1, 1:-1] = mask
  ymin, xmin, ymax, xmax = box
  out = np.zeros(size, bool)
  for y in range(size[0]):
    for x in range(size[1]):
      v = (y + 0.5 - ymin) / (ymax - ymin) * m + 0.5
      u = (x + 0.5 - xmin) / (xmax - xmin) * m + 0.5
      i, j = int(np.floor(v)), int(np.floor(u))
      if 0 <= i <= m and 0 <= j <= m:
        a, b = v - i, u - j
        top = (1 - b) * padded[i, j] + b * padded[i, j + 1]
        bottom = (1 - b) * padded[i + 1, j] + b * padded[i + 1, j + 1]
        out[y, x] = (1 - a) * top + a * bottom > threshold
  return out


def smooth_mask(rng, m):
  """Probabilities that lie far from the threshold's rounding."""
  return np.round(rng.random([m, m]), 2).astype(np.float32)


@pytest.mark.parametrize(
  'box',
  [
    (2.3, 4.1, 17.9, 25.2),
    (-5.5, -3.2, 10.1, 12.7),
    (11, 20, 44.4, 71.3),
    (3, 3, 4, 4),
    (3.2, 3.4, 3.9, 3.8),
    (-100, -100, 200, 200),
    (5, 0, 6, 40),
  ],
)
def test_equals_the_loop_over_pixels(box):
  rng = np.random.default_rng(3)
  for m in (1, 2, 14, 28):
    mask = smooth_mask(rng, m)
    crop = pasting.paste(mask, np.array(box, np.float32), (30, 40))
    expected = paste_by_hand(mask, np.float32(box).astype(float), (30, 40))
    # A pixel may lie on the threshold but for rounding.
    assert (full(crop, (30, 40)) != expected).sum() <= 1


def test_agrees_with_model_garden_but_for_the_edge():
  rng = np.random.default_rng(5)
  y, x = np.mgrid[:28, :28] / 27 - 0.5
  mask = 1 / (1 + np.exp(40 * (np.hypot(y, x) - 0.35))).astype(np.float32)
  for _ in range(20):
    corner, sides = rng.uniform(0, 100, 2), rng.uniform(60, 200, 2)
    box = np.array([*corner, *(corner + sides)], np.float32)
    ours = full(pasting.paste(mask, box, (320, 320)), (320, 320))
    xywh = np.array([[box[1], box[0], sides[1], sides[0]]])
    theirs = mask_ops.paste_instance_masks(mask[np.newaxis], xywh, 320, 320)
    theirs = theirs[0].astype(bool)
    assert (ours & theirs).sum() / (ours | theirs).sum() > 0.95


def test_a_sure_mask_fills_its_box_exactly():
  crop = pasting.paste(np.ones([28, 28]), np.array([5, 6, 25, 46]), (60, 60))
  assert crop.window == (slice(5, 25), slice(6, 46))
  assert crop.mask[1:-1, 1:-1].all()


def test_a_higher_threshold_leaves_the_mask_empty():
  mask = np.full([4, 4], 0.6)
  box = np.array([0, 0, 10, 10])
  assert pasting.paste(mask, box, (20, 20)).mask.any()
  assert not pasting.paste(mask, box, (20, 20), threshold=0.7).mask.any()


@pytest.mark.parametrize(
  'box', [(5, 5, 5, 9), (9, 5, 5, 9), (50, 0, 60, 9), (-9, 0, -3, 9)]
)
def test_boxes_without_pixels_give_an_empty_crop(box):
  assert pasting.paste(np.ones([4, 4]), np.array(box), (20, 20)).mask.size == 0
