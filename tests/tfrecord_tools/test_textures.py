"""Textures: in range, of every kind, a function of the generator."""

import colorsys

import numpy as np
import pytest

from tfrecord_tools import textures


def rng(seed):
  return np.random.default_rng(seed)


def of_kind(monkeypatch, kind, seed, height=40, width=60):
  monkeypatch.setattr(textures, 'KINDS', (kind,))
  return textures.pattern(rng(seed), height, width)


@pytest.mark.parametrize('kind', textures.KINDS)
def test_patterns_lie_in_the_unit_range(monkeypatch, kind):
  for seed in range(8):
    relief = of_kind(monkeypatch, kind, seed)
    assert relief.shape == (40, 60) and relief.dtype == np.float32
    assert np.abs(relief).max() <= 1
    assert (np.ptp(relief) > 0.5) == (kind != 'plain')


def test_each_kind_has_the_look_of_its_name(monkeypatch):
  assert not of_kind(monkeypatch, 'plain', 0).any()
  for kind in ('stripes', 'checks'):
    assert set(np.unique(of_kind(monkeypatch, kind, 0))) <= {-1, 0, 1}
  gradient = of_kind(monkeypatch, 'gradient', 0)
  for axis in (0, 1):
    steps = np.diff(gradient, axis=axis)
    assert steps.max() - steps.min() < 1e-4
  smooth = of_kind(monkeypatch, 'noise', 0, 200, 200)
  assert np.abs(np.diff(smooth, axis=0)).max() < 0.2


@pytest.mark.parametrize('size', [(1, 1), (1, 50), (50, 1), (33, 47)])
def test_pictures_are_rgb_of_any_size(size):
  for seed in range(10):
    for picture in (
      textures.background(rng(seed), *size),
      textures.paint(rng(seed), *size, 0.5),
    ):
      assert picture.shape == (*size, 3) and picture.dtype == np.float32
      assert 0 <= picture.min() <= picture.max() <= 255


def test_the_same_generator_gives_the_same_picture():
  first, again, other = (
    textures.background(rng(seed), 20, 30) for seed in (1, 1, 2)
  )
  np.testing.assert_array_equal(first, again)
  assert (first != other).any()


@pytest.mark.parametrize('hue', [0.0, 0.3, 0.99])
def test_objects_keep_their_hue_and_backgrounds_are_dull(hue):
  for seed in range(10):
    red, green, blue = textures.paint(rng(seed), 16, 16, hue).mean((0, 1)) / 255
    found, saturation, _ = colorsys.rgb_to_hsv(red, green, blue)
    assert abs((found - hue + 0.5) % 1 - 0.5) < 0.09
    dull = textures.background(rng(seed), 16, 16).mean((0, 1)) / 255
    assert colorsys.rgb_to_hsv(*dull)[1] < 0.35 < saturation
