"""Judges the labels of a teacher by the labels of persons."""

import collections
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from copypaste_tf.evaluation import (
  coco_inputs,
  detection_sets,
  detections,
  federated,
  groundtruth,
  overlaps,
)
from copypaste_tf.evaluation.detections import Detections
from copypaste_tf.labelling import scored_labels
from copypaste_tf.labelling.scored_labels import ScoredLabels
from copypaste_tf.records import Record

IOUS = (0.5, 0.75)
"""Minimum IoUs of a right label."""
KINDS = ('background', 'wrong_class', 'wrong_place', 'duplicate')
"""Kinds of wrong labels at an IoU of 0.5; see `judge`."""
BACKGROUND, WRONG_CLASS, WRONG_PLACE, DUPLICATE = range(len(KINDS))
WRONG, RIGHT, IGNORED = 0, 1, 2
NEAR = 0.1
"""Minimum IoU of a label with the object that it is meant for, as in TIDE."""


class Judgement(NamedTuple):
  """The right and the wrong ones of n labels.

  Attributes:
    labels: classes and scores of the n labels.
    outcomes: by each of `IOUS`, `[n]` int8 `WRONG`, `RIGHT` or `IGNORED`.
    kinds: `[n]` int8 places in `KINDS`; they count where the label is wrong at
      the first of `IOUS`.
    objects: annotated objects by category id, crowds left out.
  """

  labels: ScoredLabels
  outcomes: Mapping[float, np.ndarray]
  kinds: np.ndarray
  objects: Mapping[int, int]


def judge(
  truth: Mapping[str, Any], found: Detections, iou_type: str = 'segm'
) -> Judgement:
  """Compares detections with annotated objects.

  A detection is right if it gets an object of its class with an IoU of at least
  the threshold. As in COCO, detections choose in the order of descending
  scores, and each takes the object of the largest IoU that is left. A detection
  without an object that lies in a crowd of its class is ignored. Whether a
  label is right does not depend on those of lower scores, so one judgement
  serves all score thresholds.

  A wrong detection is of the first kind that applies:

  - `duplicate`: its IoU with an object of its class, which another detection
    got, is at least 0.5.
  - `wrong_class`: its IoU with an object of another class is at least 0.5.
  - `wrong_place`: its IoU with an object of its class is at least 0.1.
  - `background`: all others.

  Bolya et al., TIDE, ECCV 2020, split errors in this way, but have one kind
  more for IoUs of 0.1 to 0.5 with other classes.

  In images that list categories as LVIS's do, detections of categories that
  nobody looked for are ignored, and so are wrong ones of categories that are
  not exhaustively annotated.

  Args:
    truth: COCO format. Its images are those that count.
    found: detections of these images, with masks if `iou_type` needs them.
    iou_type: one of `coco_inputs.IOU_TYPES`.

  Returns:
    The judgement; the labels have the order of the detections.

  Raises:
    ValueError: the ground truth is faulty, a detection is of an unknown image
      or has no mask, or a score is not finite.
  """
  indexed = coco_inputs.index_groundtruth(truth, iou_type)
  if coco_inputs.SHAPES[iou_type] == coco_inputs.MASK and len(found):
    _check_masks(found)
  ids = [image['id'] for image in indexed['images']]
  labels = scored_labels.from_detections(found, ids)
  objects = collections.defaultdict(list)
  for annotation in indexed['annotations']:
    objects[annotation['image_id']].append(annotation)
  outcomes = {iou: np.zeros(len(found), np.int8) for iou in IOUS}
  kinds = np.zeros(len(found), np.int8)
  for image, places, results in _by_image(found):
    annotated = objects.get(image)
    if not annotated:
      continue
    table = overlaps.ious(results, annotated, iou_type)
    same, crowd = _pairs(results, annotated)
    for iou in IOUS:
      outcomes[iou][places] = match(table, same, crowd, iou)
    kinds[places] = wrong_kinds(table[:, ~crowd], same[:, ~crowd])
  if federated.is_federated(truth):
    _ignore_unknown(outcomes, truth, found)
  single = [
    a['category_id'] for a in indexed['annotations'] if not a['iscrowd']
  ]
  return Judgement(labels, outcomes, kinds, collections.Counter(single))


def match(
  table: np.ndarray, same: np.ndarray, crowd: np.ndarray, iou: float
) -> np.ndarray:
  """Assigns the objects of an image to its detections.

  Args:
    table: `[d, g]` IoU of detections, the highest score first, and objects.
    same: `[d, g]` bool, pairs of one class.
    crowd: `[g]` bool, objects that stand for many.
    iou: minimum IoU of a right detection.

  Returns:
    `[d]` int8 `WRONG`, `RIGHT` or `IGNORED`.
  """
  near = same & (table >= iou)
  outcomes = np.where((near & crowd).any(1), IGNORED, WRONG).astype(np.int8)
  free = ~crowd
  for i in np.flatnonzero((near & free).any(1)):
    best = int(np.where(near[i] & free, table[i], -1).argmax())
    if near[i, best] and free[best]:
      free[best] = False
      outcomes[i] = RIGHT
  return outcomes


def wrong_kinds(table: np.ndarray, same: np.ndarray) -> np.ndarray:
  """Tells of which kind each detection of an image is if it is wrong.

  `judge` describes the kinds.

  Args:
    table: `[d, g]` IoU of detections and objects, without crowds.
    same: `[d, g]` bool, pairs of one class.

  Returns:
    `[d]` int8 places in `KINDS`.
  """
  own = np.where(same, table, 0).max(axis=1, initial=0)
  other = np.where(same, 0, table).max(axis=1, initial=0)
  conditions = [own >= IOUS[0], other >= IOUS[0], own >= NEAR]
  return np.select(
    conditions, [DUPLICATE, WRONG_CLASS, WRONG_PLACE], BACKGROUND
  ).astype(np.int8)


def detections_of(labelled: Iterable[Record]) -> Detections:
  """Takes pseudo labels as detections; those without a score have score 1.

  Args:
    labelled: records; crowds count as well.
  """
  return detection_sets.concat(
    detections.from_results(
      [{'score': 1.0, **e} for e in groundtruth.annotation_entries(record, 1)]
    )
    for record in labelled
  )


def _check_masks(found: Detections) -> None:
  if found.counts is None:
    raise ValueError(
      f'the {len(found)} detections have no masks: expected those of a model '
      "with masks, or the IoU type 'bbox'"
    )


def _by_image(
  found: Detections,
) -> Iterator[tuple[int, np.ndarray, Sequence[Mapping[str, Any]]]]:
  """Yields image id, places of its detections, best first, and results."""
  order = np.lexsort((-found.scores, found.image_ids))
  ids, starts = np.unique(found.image_ids[order], return_index=True)
  for image, places in zip(
    ids.tolist(), np.split(order, starts)[1:], strict=True
  ):
    yield image, places, detection_sets.take(found, places).to_results()


def _pairs(results, annotated) -> tuple[np.ndarray, np.ndarray]:
  classes = [
    [entry['category_id'] for entry in entries]
    for entries in (results, annotated)
  ]
  crowd = np.array([entry['iscrowd'] for entry in annotated], bool)
  return np.equal.outer(*map(np.array, classes)), crowd


def _ignore_unknown(
  outcomes: Mapping[float, np.ndarray],
  truth: Mapping[str, Any],
  found: Detections,
) -> None:
  pairs = found.image_ids, found.category_ids
  federation = federated.Federation(truth)
  unverified = ~federation.verified(*pairs)
  incomplete = federation.incomplete(*pairs)
  for outcome in outcomes.values():
    outcome[unverified | (incomplete & (outcome == WRONG))] = IGNORED
