"""Evaluates the content of a results file by any protocol."""

import collections
from collections.abc import Mapping, Sequence
from typing import Any

from copypaste_tf.evaluation import (
  coco,
  coco_inputs,
  federated,
  lvis,
  lvis_inputs,
  protocols,
  results_file,
  voc,
)
from copypaste_tf.evaluation.results_file import Result

_SHOWN = 10  # Ids in a message.


def evaluate(
  content: Any,
  path: str,
  truth: Mapping[str, Any],
  *,
  protocol: str,
  iou_types: Sequence[str] = (),
  backend: str = 'faster',
  per_category: bool = False,
) -> tuple[dict[str, float], list[str]]:
  """Evaluates detections.

  Args:
    content: the decoded JSON of the file.
    path: path of the file, for messages.
    truth: COCO format.
    protocol: one of `protocols.NAMES`.
    iou_types: names of `coco_inputs.IOU_TYPES`; empty means boxes, and masks if
      the detections have them.
    backend: see `coco.evaluate`.
    per_category: also measure the AP of each category.

  Returns:
    The metrics by name, and notes on what does not count.

  Raises:
    ValueError: the ground truth or a detection is faulty.
  """
  protocols.check_iou_types(protocol, iou_types)
  coco_inputs.check_groundtruth(truth, 'bbox')
  if not truth['annotations']:
    raise ValueError('the ground truth has no object: nothing can be measured')
  results = results_file.normalized(content, path, truth)
  knobs = {
    'iou_types': iou_types or _usual(results, truth),
    'per_category': per_category,
    'strict_categories': False,
  }
  notes = [*_unknown_categories(results, truth), *_duplicates(results)]
  if protocol == protocols.COCO:
    metrics = coco.evaluate(truth, results, backend=backend, **knobs)
    return metrics, notes
  if protocol == protocols.VOC:
    metrics = voc.evaluate(truth, results, strict_categories=False)
    return metrics, notes + voc.notes(truth)
  fixed = protocol == protocols.LVIS_FIXED
  notes += [] if fixed else _over_limit(results)
  metrics = lvis.evaluate(truth, results, fixed=fixed, **knobs)
  return metrics, notes + lvis_inputs.notes(truth)


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


def _usual(results: list[Result], truth: Mapping[str, Any]) -> Sequence[str]:
  # No detection at all has neither a mask nor none; the labels decide.
  masks = any('segmentation' in result for result in results) or (
    not results and all(a.get('segmentation') for a in truth['annotations'])
  )
  return ('bbox', 'segm') if masks else ('bbox',)


def _unknown_categories(results, truth) -> list[str]:
  """Returns a note on detections of categories that the labels lack.

  Raises:
    ValueError: all of them are such.
  """
  known = {category['id'] for category in truth['categories']}
  unknown = [r['category_id'] for r in results if r['category_id'] not in known]
  shown = sorted(set(unknown))[:_SHOWN]
  if unknown and len(unknown) == len(results):
    raise ValueError(
      f'no detection has a category of the ground truth: the detections have '
      f'{shown}, the ground truth {sorted(known)[:_SHOWN]}'
    )
  return [
    f'{len(unknown)} of {len(results)} detections are ignored: the ground '
    f'truth has no categories {shown}'
  ] * bool(unknown)


def _duplicates(results: list[Result]) -> list[str]:
  counts = collections.Counter(
    (r['image_id'], r['category_id'], r['score'], *map(str, r.get('bbox', ())))
    for r in results
    if 'bbox' in r
  )
  twice = len(results) - len(counts) if counts else 0
  return [
    f'{twice} of {len(results)} detections repeat another one, with its box '
    'and its score; the repetitions count as wrong'
  ] * bool(twice)


def _over_limit(results: list[Result]) -> list[str]:
  counts = collections.Counter(result['image_id'] for result in results)
  over = [count for count in counts.values() if count > lvis.IMAGE_LIMIT]
  return [
    f'{len(over)} of {len(counts)} images have more than {lvis.IMAGE_LIMIT} '
    f'detections, up to {max(over, default=0)}; the best {lvis.IMAGE_LIMIT} of '
    'each count'
  ] * bool(over)
