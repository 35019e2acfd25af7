"""Draws procedural textures."""

import colorsys

import cv2
import numpy as np

KINDS = ('plain', 'noise', 'stripes', 'checks', 'gradient')


def pattern(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
  """Draws a texture of a random kind, scale and direction.

  Args:
    rng: source of the randomness.
    height: rows.
    width: columns.

  Returns:
    `[height, width]` float32 in [-1, 1].
  """
  kind = KINDS[rng.integers(len(KINDS))]
  if kind == 'plain':
    return np.zeros((height, width), np.float32)
  if kind == 'noise':
    grid = rng.uniform(-1, 1, tuple(rng.integers(3, 9, 2))).astype(np.float32)
    smooth = cv2.resize(grid, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(smooth, -1, 1)
  angle, period = rng.uniform(0, np.pi), rng.uniform(5, 16)
  y, x = np.ogrid[:height, :width]
  along = (np.cos(angle) * x + np.sin(angle) * y).astype(np.float32)
  if kind == 'gradient':
    return 2 * (along - along.min()) / (np.ptp(along) + 1) - 1
  stripes = np.sign(np.sin(2 * np.pi / period * along))
  if kind == 'stripes':
    return stripes
  across = (np.cos(angle) * y - np.sin(angle) * x).astype(np.float32)
  return stripes * np.sign(np.sin(2 * np.pi / period * across))


def background(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
  """Draws a textured image of low saturation.

  Args:
    rng: source of the randomness.
    height: rows.
    width: columns.

  Returns:
    `[height, width, 3]` float32 RGB in [0, 255].
  """
  base = _rgb(rng.uniform(), rng.uniform(0, 0.25), rng.uniform(0.25, 0.8))
  relief = 25 * pattern(rng, height, width) + 15 * pattern(rng, height, width)
  relief += rng.normal(0, 6, (height, width)).astype(np.float32)
  return np.clip(base + relief[:, :, None], 0, 255)


def paint(
  rng: np.random.Generator, height: int, width: int, hue: float
) -> np.ndarray:
  """Draws the textured surface of an object.

  Args:
    rng: source of the randomness.
    height: rows.
    width: columns.
    hue: mean hue in [0, 1).

  Returns:
    `[height, width, 3]` float32 RGB in [0, 255].
  """
  hue = (hue + rng.normal(0, 0.02)) % 1.0
  base = _rgb(hue, rng.uniform(0.6, 1), rng.uniform(0.6, 1))
  relief = 1 + 0.25 * pattern(rng, height, width)
  return np.clip(base * relief[:, :, None], 0, 255)


def _rgb(hue: float, saturation: float, value: float) -> np.ndarray:
  rgb = colorsys.hsv_to_rgb(hue, saturation, value)
  return 255 * np.array(rgb, np.float32)
