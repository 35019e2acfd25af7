"""Declares the knobs of the augmentation, with units and the paper's values."""

import dataclasses
from collections.abc import Sequence

from copypaste_tf.augment.draws import random

SUBSETS = ('random', 'one', 'all')
OCCLUSIONS = ('per_object', 'published')


@dataclasses.dataclass
class ScaleJitter:
  """Random horizontal flip, resize, crop and pad of one image.

  The scale is relative to fitting the image into the output size. The paper's
  large scale jittering (LSJ) is 0.1 to 2.0, its standard one (SSJ) 0.8 to 1.25
  (Section 3).

  Attributes:
    min_scale: smallest scale, above 0.
    max_scale: largest scale, at least `min_scale`.
    flip_probability: chance of a horizontal flip, in [0, 1].
  """

  min_scale: float = 0.1
  max_scale: float = 2.0
  flip_probability: float = 0.5

  def check(self) -> None:
    """Raises ValueError if a knob is out of its range."""
    if not 0 < self.min_scale <= self.max_scale:
      raise ValueError(
        'ScaleJitter needs 0 < min_scale <= max_scale, got '
        f'{self.min_scale} and {self.max_scale}.'
      )
    random.check_probability(
      'ScaleJitter.flip_probability', self.flip_probability
    )


@dataclasses.dataclass
class CopyPaste:
  """Options of Copy-Paste: what is pasted, and how occluded labels change.

  Attributes:
    probability: chance that an image is pasted onto at all, in [0, 1]; 1 in
      the paper.
    subset: the source's objects that are pasted. `random`: a count uniform
      in 0..n, then objects uniformly (the paper); `one`: one object; `all`.
    classes: paste only these category ids; empty means every class.
    excluded_classes: never paste these category ids.
    class_weights: weight of category id `k` at position `k`, at least 0: the
      relative chance of its objects to be drawn next. A class of weight 0 is
      never pasted, ids beyond the list weigh 1; empty means equal.
    max_pasted: largest number of objects pasted onto an image; 0 means no
      limit but `max_instances`.
    blend_sigma: standard deviation in output pixels of the Gaussian that
      softens the edge of the pasted pixels; 0 is off. Masks are never blurred.
      The paper finds no difference (Table 10).
    min_visible_area: an occluded object that keeps this many output pixels or
      fewer is removed (300 in the published code).
    min_visible_fraction: it is also removed when it keeps less than this part
      of the pixels that it had before the paste, in [0, 1].
    box_tolerance: an edge of an occluded object's box follows the visible mask
      only where it moved by more than this many output pixels (10 in the
      published code).
    occlusion: `per_object` decides for each object by itself. `published`
      repeats the published code's rule, for comparison: as soon as one box of
      the image moved by more than `box_tolerance`, every object of at most
      `min_visible_area` pixels is removed, occluded or not.
  """

  probability: float = 1.0
  subset: str = 'random'
  classes: Sequence[int] = ()
  excluded_classes: Sequence[int] = ()
  class_weights: Sequence[float] = ()
  max_pasted: int = 0
  blend_sigma: float = 0.0
  min_visible_area: int = 300
  min_visible_fraction: float = 0.0
  box_tolerance: float = 10.0
  occlusion: str = 'per_object'

  @property
  def blends(self) -> bool:
    """Returns True if pixels are blended; see `compositions.Options`."""
    return self.blend_sigma > 0

  @property
  def shares_warp(self) -> bool:
    """Returns True: each image is warped once and serves in both roles."""
    return True

  def check(self) -> None:
    """Raises ValueError if a knob is out of its range."""
    for name in ('probability', 'min_visible_fraction'):
      random.check_probability(f'CopyPaste.{name}', getattr(self, name))
    for name, choices in (('subset', SUBSETS), ('occlusion', OCCLUSIONS)):
      if getattr(self, name) not in choices:
        raise ValueError(
          f'CopyPaste.{name} must be one of {", ".join(choices)}, '
          f'got {getattr(self, name)!r}.'
        )
    if self.max_pasted < 0:
      raise ValueError(
        'CopyPaste.max_pasted must be at least 0, where 0 is no limit, '
        f'got {self.max_pasted}.'
      )
    if not all(weight >= 0 for weight in self.class_weights):
      raise ValueError(
        'CopyPaste.class_weights must not be negative, '
        f'got {min(self.class_weights)}.'
      )
    if not self.blend_sigma >= 0:
      raise ValueError(
        'CopyPaste.blend_sigma must be at least 0 pixels, '
        f'got {self.blend_sigma}.'
      )
    for name in ('min_visible_area', 'box_tolerance'):
      if not getattr(self, name) >= 0:
        raise ValueError(
          f'CopyPaste.{name} must be at least 0 pixels, '
          f'got {getattr(self, name)}.'
        )
