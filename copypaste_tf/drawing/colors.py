"""Chooses the colours of classes, instances and letters."""

import colorsys
import functools
from collections.abc import Sequence

import numpy as np

Color = tuple[int, int, int]

# Successive multiples of the golden ratio are far apart on the hue circle, so
# neighbouring class ids get clearly different hues.
GOLDEN_RATIO = 0.618033988749895
# Saturation and value of three rings of the colour cone. Ids of a similar hue
# differ in the ring.
RINGS = ((0.95, 0.95), (0.55, 1.0), (0.95, 0.65))
FEW_CLASSES = 3


def class_colors(classes: Sequence[int]) -> list[Color]:
  """Returns the colour of each category id, the same in every picture.

  Args:
    classes: `n` category ids, any integers.

  Returns:
    `n` RGB triples, each channel in 0..255.
  """
  return [_class_color(int(i)) for i in classes]


def instance_colors(classes: Sequence[int]) -> list[Color]:
  """Returns the colour of each object of a picture.

  A picture of few classes has a colour for each object, so that objects that
  touch can be told apart; the captions name the classes. A picture of many
  classes has a colour for each class.

  Args:
    classes: `n` category ids of the objects, any integers.

  Returns:
    `n` RGB triples, each channel in 0..255.
  """
  few = len({int(i) for i in classes}) <= FEW_CLASSES
  return class_colors(range(1, len(classes) + 1) if few else classes)


def ink(color: Color) -> Color:
  """Returns black or white, whichever contrasts more with the colour."""
  luminance = np.dot(color, [0.299, 0.587, 0.114])
  return (0, 0, 0) if luminance > 140 else (255, 255, 255)


@functools.cache
def _class_color(class_id: int) -> Color:
  saturation, value = RINGS[class_id % len(RINGS)]
  rgb = colorsys.hsv_to_rgb(class_id * GOLDEN_RATIO % 1.0, saturation, value)
  return tuple(round(255 * channel) for channel in rgb)
