"""Counts what is wrong with the labels of examples made by Copy-Paste."""

import collections
from typing import NamedTuple

import numpy as np

from benchmarks.peers import scenes

# The tolerance of boxes in the published code, and of objects that it removes.
BOX_TOLERANCE, VISIBLE = 10, 300


class Outcome(NamedTuple):
  """An example that a system made of a pair.

  Attributes:
    share: `[s, s]` floats, the share of the source in each pixel.
    classes: `[k]` classes of the labels.
    boxes: `[k, 4]` boxes of the labels, `(xmin, ymin, xmax, ymax)`.
    masks: `[k, s, s]` bool masks of the labels; None if the system gives none
      of the size of the canvas.
    areas: `[k]` areas of the labels; None if the system gives none.
    given: masks of objects as the system reads or shows them, by class, where
      they are not those of the scenes.
  """

  share: np.ndarray
  classes: np.ndarray
  boxes: np.ndarray
  masks: np.ndarray | None = None
  areas: np.ndarray | None = None
  given: dict[int, np.ndarray] | None = None


def count(
  target: scenes.Scene, source: scenes.Scene, outcome: Outcome
) -> collections.Counter:
  """Counts the labels and the faults of one example.

  A pixel is pasted if at least half of it comes from the source. An object of
  the target is visible in its pixels that are not pasted.

  Returns:
    Numbers by name; `..._boxes` and the like are numbers of labels.
  """
  pasted = outcome.share >= 0.5
  visible = _visible(target, source, outcome, pasted)
  labels = [int(c) for c in outcome.classes]
  known = [mask for c, mask in visible.items() if c in labels and c > _LAST]
  unlabelled = pasted & ~np.any([np.zeros_like(pasted), *known], axis=0)
  off = [
    _distance(b, visible[c]) for b, c in zip(outcome.boxes, labels, strict=True)
  ]
  found = collections.Counter(
    pairs=1,
    labels=len(labels),
    pasted_labels=sum(c > _LAST for c in labels),
    pasted_pixels=int(pasted.sum()),
    blended_pixels=int(((outcome.share > 0.02) & (outcome.share < 0.98)).sum()),
    unlabelled_pixels=int(unlabelled.sum()),
    images_with_unlabelled_pixels=int(unlabelled.any()),
    labels_without_pixels=sum(not visible[c].any() for c in labels),
    boxes_off_by_10=sum(d > BOX_TOLERANCE for d in off),
    boxes_off_by_1=sum(d > 1 for d in off),
  )
  found.update(_lost(target, labels, visible, pasted, outcome))
  if outcome.masks is not None:
    found.update(_masks(labels, outcome, visible))
  return found


_LAST = scenes.SOURCE  # The classes above are those of the source.


def _given(scene, outcome) -> dict[int, np.ndarray]:
  masks = dict(zip(scene.classes.tolist(), scene.masks, strict=True))
  return masks | (outcome.given or {})


def _visible(target, source, outcome, pasted) -> dict[int, np.ndarray]:
  """Returns the pixels in which each object is seen, by class."""
  masks = _given(source, outcome) | _given(target, outcome)
  return {c: m & (pasted if c > _LAST else ~pasted) for c, m in masks.items()}


def _distance(box, mask) -> float:
  """Returns how far an edge of a box is from its place, 0 without a pixel."""
  if not mask.any():
    return 0
  return float(np.abs(np.asarray(box) - scenes.tight_box(mask)).max())


def _lost(target, labels, visible, pasted, outcome) -> dict[str, int]:
  """Counts objects of the target that lost their label and not their pixels."""
  given, kept = _given(target, outcome), set(labels)
  lost = [c for c in target.classes.tolist() if c not in kept]
  touched = {c: bool((given[c] & pasted).any()) for c in lost}
  return {
    'untouched_lost': sum(not touched[c] for c in lost),
    'visible_lost': sum(
      touched[c] and int(visible[c].sum()) > VISIBLE for c in lost
    ),
    'objects_lost': len(lost),
  }


def _masks(labels, outcome, visible) -> dict[str, int]:
  """Counts masks with pixels that show something else, and wrong areas."""
  masks = zip(labels, outcome.masks, strict=True)
  found = {'masks_too_large': sum(_exceeds(m, visible[c]) for c, m in masks)}
  if outcome.areas is not None:
    sums = outcome.masks.sum((1, 2))
    found['wrong_areas'] = int((np.asarray(outcome.areas) != sums).sum())
  return found


def _exceeds(mask, visible) -> bool:
  return bool((mask & ~visible).any())
