"""Turns the detections of an image into the labels of its record."""

import collections
import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from copypaste_tf.evaluation import pasting
from copypaste_tf.examples import IDS_PER_PLANE
from copypaste_tf.labelling.thresholds import Thresholds
from copypaste_tf.records import Record, id_planes
from copypaste_tf.records.id_planes import Crop

BOXES = ('detected', 'mask')
APART_PX = 10
"""Pixels between an edge of a box and of its mask that count as apart.

Copy-Paste gives a touched object the edges of its mask where they differ by
more than this from those of its box.
"""


class Detected(NamedTuple):
  """The detections of an image, as the model makes them.

  Attributes:
    boxes: `[k, 4]` float32 `(ymin, xmin, ymax, xmax)` in pixels of the image,
      finite; they may extend beyond it.
    scores: `[k]` float32 in [0, 1].
    classes: `[k]` int32 category ids; 0 is padding.
    masks: `[k, m, m]` float32 probabilities relative to the boxes.
  """

  boxes: np.ndarray
  scores: np.ndarray
  classes: np.ndarray
  masks: np.ndarray


@dataclasses.dataclass(frozen=True)
class Rules:
  """Which detections become labels, and of which form.

  Attributes:
    names: class names by category id; detections of other classes are dropped.
    thresholds: minimum score of a label, by class.
    min_area: minimum number of pixels of a mask.
    max_planes: largest number of id planes of a record. Objects are placed by
      descending score; an object that finds no free plane is dropped.
    boxes: `detected` for the boxes of the model, cut to the image; `mask` for
      the tight boxes of the masks.
  """

  names: Mapping[int, str]
  thresholds: Thresholds
  min_area: int = 1
  max_planes: int = 8
  boxes: str = 'detected'


class Labelled(NamedTuple):
  """A record with pseudo labels, and what was dropped.

  Attributes:
    record: the record; the best label is first.
    dropped: number of detections above the threshold by the reason for which
      they are no labels.
    apart: labels whose detected box lies more than `APART_PX` from the mask's,
      at some edge.
  """

  record: Record
  dropped: collections.Counter
  apart: int


def label(image: Record, found: Detected, rules: Rules) -> Labelled:
  """Labels a record.

  Args:
    image: the record; its own labels are replaced, its image stays as it is.
    found: the detections of its image.
    rules: the rules.

  Returns:
    The labelled record. Areas are the pixels of the masks.
  """
  shape = (image.height, image.width)
  chosen, crops, dropped = _chosen(found, shape, rules)
  planes, ids = id_planes.layer_crops(crops, [False] * len(crops), shape)
  fits = ids < IDS_PER_PLANE * rules.max_planes
  dropped['no_free_plane'] += int((~fits).sum())
  crops = [crop for crop, fit in zip(crops, fits, strict=True) if fit]
  chosen, ids = chosen[fits], ids[fits]
  detected = _clipped(found.boxes[chosen], shape)
  tight = _boxes_of(crops)
  apart = (np.abs(detected - tight) > APART_PX).any(axis=1).sum()
  classes = found.classes[chosen].astype(np.int32)
  record = image._replace(
    boxes=tight if rules.boxes == 'mask' else detected,
    classes=classes,
    class_names=[rules.names[number] for number in classes.tolist()],
    areas=np.array([crop.mask.sum() for crop in crops], np.float32),
    crowd=np.zeros(len(chosen), bool),
    annotation_ids=np.zeros(len(chosen), np.int64),
    planes=planes[: rules.max_planes],
    ids=ids,
    has_masks=True,
    difficult=None,
    scores=_scores(found.scores[chosen]),
    neg_category_ids=None,
    not_exhaustive_category_ids=None,
    pseudo=True,
  )
  return Labelled(record, +dropped, int(apart))


def _chosen(
  found: Detected, shape: tuple[int, int], rules: Rules
) -> tuple[np.ndarray, list[Crop], collections.Counter]:
  """Returns the indices and masks of the labels, the best first."""
  dropped: collections.Counter[str] = collections.Counter()
  kept, crops = [], []
  for i in _confident(found, rules.thresholds):
    crop = _tight(pasting.paste(found.masks[i], found.boxes[i], shape))
    reason = _fault(int(found.classes[i]), crop, rules)
    if reason:
      dropped[reason] += 1
    else:
      kept.append(i)
      crops.append(crop)
  return np.array(kept, np.int64), crops, dropped


def _confident(found: Detected, thresholds: Thresholds) -> list[int]:
  keep = thresholds.keep(found.classes, _scores(found.scores))
  order = np.argsort(-found.scores, kind='stable')
  return [int(i) for i in order if found.classes[i] > 0 and keep[i]]


def _scores(scores: np.ndarray) -> np.ndarray:
  """Returns float32 in [0, 1], from which rounding may lead away."""
  return np.clip(scores, 0, 1).astype(np.float32)


def _fault(category: int, crop: Crop, rules: Rules) -> str | None:
  """Returns why a detection is no label, or None."""
  if category not in rules.names:
    return 'unknown_category'
  area = crop.mask.sum()
  if not area:
    return 'no_visible_pixel'
  return 'small_area' if area < rules.min_area else None


def _tight(crop: Crop) -> Crop:
  """Cuts a crop, which may have empty rows and columns, to its mask."""
  inner = id_planes.crop(crop.mask)
  return Crop(crop.top + inner.top, crop.left + inner.left, inner.mask)


def _clipped(boxes: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
  return np.clip(boxes, 0, shape * 2).astype(np.float32)


def _boxes_of(crops: list[Crop]) -> np.ndarray:
  """Returns `[n, 4]` float32 `(ymin, xmin, ymax, xmax)` of tight crops."""
  rows = [
    (c.top, c.left, c.top + c.mask.shape[0], c.left + c.mask.shape[1])
    for c in crops
  ]
  return np.array(rows, np.float32).reshape(-1, 4)
