import fractions

import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf.augment import ScaleJitter
from copypaste_tf.augment.draws import jitter

LSJ = ScaleJitter(0.1, 2.0)
HALF = fractions.Fraction(1, 2)


def _sample(sizes, seed=0, output_size=(32, 40), options=LSJ):
  draw = jitter.sample(
    tf.constant([seed, 1]),
    tf.constant(sizes, tf.int32),
    output_size=output_size,
    jitter=options,
  )
  return reference.to_numpy(draw)


@pytest.mark.parametrize('limits', [(0.1, 2.0), (0.8, 1.25), (1.0, 1.0)])
def test_scale_is_uniform_in_the_range(limits):
  sizes = [[300, 400]] * 4000
  options = ScaleJitter(*limits)
  draw = _sample(sizes, output_size=(1000, 1000), options=options)
  scale = draw.scaled_size[:, 1] / 1000
  low, high = limits
  assert scale.min() >= low - 1e-3
  assert scale.max() <= high + 1e-3
  sigma = (high - low) / np.sqrt(12 * 4000)
  assert abs(scale.mean() - (low + high) / 2) <= 4 * sigma + 1e-3
  deviation = (high - low) / np.sqrt(12)
  assert abs(scale.std() - deviation) <= 0.05 * deviation + 1e-6
  # The aspect ratio is kept to the pixel.
  expected = np.round(draw.scaled_size[:, 1] * 0.75)
  assert np.abs(draw.scaled_size[:, 0] - expected).max() <= 1


@pytest.mark.parametrize('probability', [0.0, 0.25, 0.5, 1.0])
def test_images_are_flipped_at_the_given_rate(probability):
  options = ScaleJitter(1.0, 1.0, flip_probability=probability)
  flipped = _sample([[8, 8]] * 4000, options=options).flipped
  sigma = np.sqrt(probability * (1 - probability) / 4000)
  assert abs(flipped.mean() - probability) <= 4 * sigma


def test_crop_is_uniform_and_reaches_both_ends():
  options = ScaleJitter(2.0, 2.0)
  draw = _sample([[10, 10]] * 6000, output_size=(10, 10), options=options)
  np.testing.assert_array_equal(draw.scaled_size, 20)
  counts = np.bincount(draw.offset[:, 0], minlength=11)
  assert len(counts) == 11
  assert np.abs(counts - 6000 / 11).max() < 5 * np.sqrt(6000 / 11)
  correlation = np.corrcoef(draw.offset.T)[0, 1]
  assert abs(correlation) < 0.06


def test_small_images_lie_at_the_top_left():
  options = ScaleJitter(0.1, 0.5)
  draw = _sample([[10, 30]] * 100, options=options)
  assert not draw.offset.any()


@pytest.mark.parametrize(
  'size', [(1, 1), (1, 500), (500, 1), (4000, 6000), (2, 3)]
)
def test_one_pixel_and_very_long_images_are_scaled(size):
  draw = _sample([size] * 50, output_size=(64, 64))
  assert (draw.scaled_size >= 1).all()
  assert (draw.scaled_size <= 128).all()
  fitted = jitter.fitted(tf.constant([size]), output_size=(64, 64))
  assert max(fitted.scaled_size.numpy()[0]) == 64


@pytest.mark.parametrize('output_size', [(10, 10), (37, 64), (100, 31)])
def test_sizes_are_rounded_to_the_nearest(output_size):
  height, width = output_size
  sizes = [[h, w] for h in range(1, 23) for w in range(1, 23)]
  draw = jitter.fitted(tf.constant(sizes), output_size=output_size)
  rounded_up = 0
  for (h, w), scaled in zip(sizes, draw.scaled_size.numpy(), strict=True):
    exact = min(fractions.Fraction(height, h), fractions.Fraction(width, w))
    expected = [max(int(exact * side + HALF), 1) for side in (h, w)]
    assert scaled.tolist() == expected, (h, w)
    rounded_up += expected[0] > exact * h or expected[1] > exact * w
  assert rounded_up > 50


def test_the_second_side_of_a_drawn_canvas_is_rounded_to_the_nearest():
  # Tall images fill the rows of the canvas, which are drawn by the longer side.
  draw = _sample([[1000, 1]] * 500, output_size=(31, 64))
  exact = _sample([[1000, 1]] * 500, output_size=(64, 64)).scaled_size[:, 0]
  of_rows = [int(s * fractions.Fraction(31, 64) + HALF) for s in exact]
  np.testing.assert_array_equal(draw.scaled_size[:, 0], of_rows)


def test_draws_agree_in_all_modes_and_differ_by_seed():
  sizes = tf.constant([[20, 30], [40, 10]])

  def draw(seed):
    return jitter.sample(seed, sizes, output_size=(64, 64), jitter=LSJ)

  results = list(reference.each_way(draw, tf.constant([3, 4])))
  reference.assert_same(results, approximate=())
  other = reference.to_numpy(draw(tf.constant([3, 5])))
  assert (other.scaled_size != results[0][1].scaled_size).any()


def test_images_of_a_batch_are_drawn_independently():
  scale = np.stack(
    [
      _sample([[50, 50]] * 2, seed, output_size=(500, 500)).scaled_size[:, 0]
      for seed in range(300)
    ]
  )
  assert abs(np.corrcoef(scale.T)[0, 1]) < 0.2
  assert (scale[:, 0] != scale[:, 1]).mean() > 0.95


@pytest.mark.parametrize(
  ('options', 'message'),
  [
    (ScaleJitter(0.0, 1.0), 'min_scale'),
    (ScaleJitter(2.0, 1.0), 'min_scale <= max_scale'),
    (ScaleJitter(float('nan'), 1.0), 'min_scale'),
    (ScaleJitter(1.0, 1.0, flip_probability=1.5), 'flip_probability'),
  ],
)
def test_values_out_of_range_are_named(options, message):
  with pytest.raises(ValueError, match=message):
    _sample([[10, 10]], options=options)


def test_scale_crop_and_flip_are_drawn_independently():
  options = ScaleJitter(min_scale=1.5, max_scale=2.0)
  draw = _sample([[400, 400]] * 6000, output_size=(400, 400), options=options)
  room = draw.scaled_size - 400
  draws = [room[:, 0], *(draw.offset / room).T, draw.flipped]
  correlation = np.corrcoef(np.stack(draws).astype(float))
  assert np.abs(correlation - np.eye(4)).max() < 0.06
