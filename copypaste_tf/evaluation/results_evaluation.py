"""Evaluates the content of a results file by any protocol."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from copypaste_tf.evaluation import (
  coco,
  coco_inputs,
  detection_sets,
  federated,
  lvis,
  lvis_inputs,
  protocols,
  results_file,
  voc,
)
from copypaste_tf.evaluation.detections import Detections

_SHOWN = 10  # Ids in a message.


def evaluate(
  path: str | os.PathLike,
  truth: Mapping[str, Any],
  *,
  protocol: str,
  iou_types: Sequence[str] = (),
  backend: str = 'faster',
  per_category: bool = False,
) -> tuple[dict[str, float], list[str]]:
  """Evaluates detections.

  Args:
    path: the file, as `results_file.read` reads it.
    truth: COCO format.
    protocol: one of `protocols.NAMES`.
    iou_types: names of `coco_inputs.IOU_TYPES`; empty means boxes, and masks if
      the detections have them.
    backend: see `coco.evaluate`.
    per_category: also measure the AP of each category.

  Returns:
    The metrics by name, and notes on what does not count.

  Raises:
    FileNotFoundError: there is no such file.
    ValueError: the file, the ground truth or a detection is faulty.
  """
  protocols.check_iou_types(protocol, iou_types)
  coco_inputs.check_groundtruth(truth, 'bbox')
  if not truth['annotations']:
    raise ValueError('the ground truth has no object: nothing can be measured')
  found = results_file.read(path, truth, _masked(protocol, iou_types, truth))
  knobs = {
    'iou_types': iou_types or _usual(found, truth),
    'per_category': per_category,
    'strict_categories': False,
  }
  notes = [*_unknown_categories(found, truth), *_duplicates(found)]
  if protocol == protocols.COCO:
    metrics = coco.evaluate(truth, found, backend=backend, **knobs)
    return metrics, notes
  if protocol == protocols.VOC:
    metrics = voc.evaluate(truth, found, strict_categories=False)
    return metrics, notes + voc.notes(truth)
  fixed = protocol == protocols.LVIS_FIXED
  notes += [] if fixed else _over_limit(found)
  metrics = lvis.evaluate(truth, found, fixed=fixed, **knobs)
  return metrics, notes + lvis_inputs.notes(truth)


def _masked(
  protocol: str, iou_types: Sequence[str], truth: Mapping[str, Any]
) -> results_file.Masked | None:
  """Returns which masks of some detections may have an influence."""
  types = iou_types or protocols.IOU_TYPES[protocol]
  if coco_inputs.MASK not in (coco_inputs.SHAPES[x] for x in types):
    return None
  if protocol == protocols.COCO:
    known = [category['id'] for category in truth['categories']]
    return lambda found: np.isin(found.category_ids, known)
  return lvis.masked(
    lvis_inputs.index_groundtruth(truth, ['bbox']),
    fixed=protocol == protocols.LVIS_FIXED,
  )


def check_protocol(truth: Mapping[str, Any]) -> None:
  """Refuses labels of LVIS where nobody has asked for COCO's protocol.

  Args:
    truth: COCO format.

  Raises:
    ValueError: an image has the lists of LVIS.
  """
  if federated.is_federated(truth):
    raise ValueError(
      'the images of the ground truth list categories as LVIS does '
      f'({federated.NEGATIVE}): expected --protocol=lvis, or --protocol=coco '
      'to count every detection of a category that nobody looked for as wrong'
    )


def _usual(found: Detections, truth: Mapping[str, Any]) -> Sequence[str]:
  # No detection at all has neither a mask nor none; the labels decide.
  masks = found.counts is not None or (
    not len(found) and all(a.get('segmentation') for a in truth['annotations'])
  )
  return ('bbox', 'segm') if masks else ('bbox',)


def _unknown_categories(
  found: Detections, truth: Mapping[str, Any]
) -> list[str]:
  """Returns a note on detections of categories that the labels lack.

  Raises:
    ValueError: all of them are such.
  """
  known = {category['id'] for category in truth['categories']}
  ids, counts = np.unique(found.category_ids, return_counts=True)
  strange = [i not in known for i in ids.tolist()]
  unknown, shown = counts[strange].sum(), ids[strange].tolist()[:_SHOWN]
  if unknown and unknown == len(found):
    raise ValueError(
      f'no detection has a category of the ground truth: the detections have '
      f'{shown}, the ground truth {sorted(known)[:_SHOWN]}'
    )
  return [
    f'{unknown} of {len(found)} detections are ignored: the ground truth has '
    f'no categories {shown}'
  ] * bool(unknown)


def _duplicates(found: Detections) -> list[str]:
  twice = detection_sets.repetitions(found)
  return [
    f'{twice} of {len(found)} detections repeat another one, with its box and '
    'its score; the repetitions count as wrong'
  ] * bool(twice)


def _over_limit(found: Detections) -> list[str]:
  _, counts = np.unique(found.image_ids, return_counts=True)
  over = counts[counts > lvis.IMAGE_LIMIT]
  return [
    f'{over.size} of {counts.size} images have more than {lvis.IMAGE_LIMIT} '
    f'detections, up to {over.max(initial=0)}; the best {lvis.IMAGE_LIMIT} of '
    'each count'
  ] * bool(over.size)
