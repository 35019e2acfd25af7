"""Defines the shape classes: outlines, colours and frequencies."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Outline = tuple[list[np.ndarray], list[np.ndarray]]


class Shape(NamedTuple):
  """One category.

  Attributes:
    category_id: category id; as in COCO, the ids have gaps.
    name: category name.
    frequency: share of the objects; the shares add up to 1.
    hue: mean hue of the objects, in [0, 1).
    outline: function that returns the parts and the holes, each `[k, 2]`
      float64 `(x, y)` within the unit circle.
  """

  category_id: int
  name: str
  frequency: float
  hue: float
  outline: Callable[[], Outline]


def _arc(
  radius: float, start: float, stop: float, center: float = 0.0
) -> np.ndarray:
  angles = np.linspace(start, stop, 28)
  points = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
  return points + [center, 0.0]


def _circle(radius: float, center: float = 0.0) -> np.ndarray:
  return _arc(radius, 0.0, 2 * np.pi, center)[:-1]


def _regular(corners: int) -> np.ndarray:
  angles = 2 * np.pi * np.arange(corners) / corners
  return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _disc() -> Outline:
  return [_circle(0.9)], []


def _square() -> Outline:
  return [_regular(4)], []


def _triangle() -> Outline:
  return [_regular(3)], []


def _star() -> Outline:
  points = _regular(10)
  points[1::2] *= 0.45
  return [points], []


def _ring() -> Outline:
  return [_circle(1.0)], [_circle(0.55)]


def _pair() -> Outline:
  return [_circle(0.44, -0.56), _circle(0.44, 0.56)], []


def _cross() -> Outline:
  a, b = 0.3, 0.95
  quarter = np.array([[b, -a], [b, a], [a, a]])
  turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
  turns = [np.linalg.matrix_power(turn, k) for k in range(4)]
  return [np.concatenate([quarter @ matrix for matrix in turns])], []


def _crescent() -> Outline:
  # Both arcs end in the points where the two circles cross.
  outer = _arc(1.0, 0.3 * np.pi, 1.7 * np.pi)
  tip = outer[0]
  center = 0.45
  radius = float(np.hypot(tip[0] - center, tip[1]))
  angle = float(np.arctan2(tip[1], tip[0] - center))
  inner = _arc(radius, 2 * np.pi - angle, angle, center)
  return [np.concatenate([outer, inner[1:-1]])], []


SHAPES = (
  Shape(1, 'disc', 0.20, 0 / 8, _disc),
  Shape(3, 'square', 0.19, 1 / 8, _square),
  Shape(4, 'triangle', 0.17, 2 / 8, _triangle),
  Shape(7, 'star', 0.14, 3 / 8, _star),
  Shape(9, 'ring', 0.13, 4 / 8, _ring),
  Shape(12, 'pair', 0.09, 5 / 8, _pair),
  Shape(13, 'cross', 0.05, 6 / 8, _cross),
  Shape(17, 'crescent', 0.03, 7 / 8, _crescent),
)


def place(
  outline: Outline,
  *,
  center: tuple[float, float],
  radius: float,
  angle: float,
  stretch: float,
) -> Outline:
  """Moves an outline of the unit circle into an image.

  Args:
    outline: parts and holes.
    center: `(x, y)` in pixels.
    radius: pixels.
    angle: radians.
    stretch: above 0; lengthens one axis of the object and shortens the other.

  Returns:
    Parts and holes in pixels.
  """
  cosine, sine = np.cos(angle), np.sin(angle)
  matrix = np.array([[cosine, sine], [-sine, cosine]]) * radius
  axes = np.diag([stretch, 1 / stretch])

  def move(points: np.ndarray) -> np.ndarray:
    return np.round(points @ axes @ matrix + center, 2)

  parts, holes = outline
  return [move(points) for points in parts], [move(points) for points in holes]
