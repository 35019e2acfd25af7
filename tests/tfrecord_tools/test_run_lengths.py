"""RLE: against pycocotools on good input, an error on every bad one."""

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from tfrecord_tools import run_lengths


def random_mask(rng, height, width):
  mask = rng.random((height, width)) < rng.choice([0.02, 0.5, 0.98])
  if rng.random() < 0.5:
    mask[:, : rng.integers(width)] = 0
    mask[rng.integers(height) :] = 0
  return mask


def draw(crop, shape):
  mask = np.zeros(shape, bool)
  mask[crop.window] = crop.mask
  return mask


@pytest.mark.parametrize('seed', range(40))
def test_run_lengths_agree_with_pycocotools(seed):
  rng = np.random.default_rng(seed)
  shape = tuple(rng.integers(1, 60, 2))
  mask = random_mask(rng, *shape)
  text = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))['counts']
  counts = run_lengths.from_string(text)
  assert counts.tolist() == run_lengths.from_mask(mask)
  assert run_lengths.from_string(text.decode()).tolist() == counts.tolist()
  crop = run_lengths.to_crop(counts, shape)
  np.testing.assert_array_equal(draw(crop, shape), mask)
  if mask.any():
    assert crop.mask.any(axis=0)[[0, -1]].all()
    assert crop.left == np.flatnonzero(mask.any(axis=0))[0]


def test_long_runs_keep_every_bit():
  mask = np.zeros((4000, 6000), np.uint8, order='F')
  mask[:, 5990:] = 1
  text = coco_mask.encode(mask)['counts']
  assert run_lengths.from_string(text).tolist() == [4000 * 5990, 4000 * 10]


@pytest.mark.parametrize(
  ('counts', 'expected'),
  [
    ([6], [[0, 0, 0], [0, 0, 0]]),
    ([0, 6], [[1, 1, 1], [1, 1, 1]]),
    ([1, 2, 3], [[0, 1, 0], [1, 0, 0]]),
    ([5, 1], [[0, 0, 0], [0, 0, 1]]),
    ([1, 0, 2, 1, 0, 1, 1], [[0, 0, 1], [0, 1, 0]]),
  ],
)
def test_counts_go_by_column(counts, expected):
  crop = run_lengths.to_crop(np.array(counts), (2, 3))
  np.testing.assert_array_equal(draw(crop, (2, 3)), expected)


@pytest.mark.parametrize(
  ('text', 'message'),
  [
    ('', 'characters'),
    ('5 5', 'characters'),
    ('55é', 'characters'),
    ('5P', 'ends within a count'),
    ('P' * 9 + '1', 'beyond any image'),
  ],
)
def test_malformed_strings_are_refused(text, message):
  with pytest.raises(ValueError, match=message):
    run_lengths.from_string(text)


@pytest.mark.parametrize(
  ('counts', 'message'),
  [
    ([3, 4], 'covers 7 pixels, the image has 6'),
    ([], 'covers 0 pixels'),
    ([8, -2], 'negative'),
  ],
)
def test_counts_of_another_size_are_refused(counts, message):
  with pytest.raises(ValueError, match=message):
    run_lengths.to_crop(np.array(counts, np.int64), (2, 3))
