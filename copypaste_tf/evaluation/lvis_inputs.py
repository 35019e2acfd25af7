"""Checks and prepares ground truth and detections for LVIS's metrics."""

import collections
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from copypaste_tf.evaluation import coco_inputs, coco_results, federated
from copypaste_tf.evaluation.coco_inputs import MASK, SHAPES
from copypaste_tf.evaluation.detections import Detections
from copypaste_tf.evaluation.federated import Federation

FREQUENCIES = {'r': 'rare', 'c': 'common', 'f': 'frequent'}
"""Names of the groups of categories, by the `frequency` of a category."""


class Truth(NamedTuple):
  """A ground truth by category.

  Attributes:
    images: entries in COCO format, by id.
    categories: entries in COCO format, by id, in the order of the ids.
    annotations: entries of `coco_inputs.index_groundtruth` with an area, by
      category id. A category without any is missing.
    federation: which categories were verified in which images.
  """

  images: dict[int, Mapping[str, Any]]
  categories: dict[int, Mapping[str, Any]]
  annotations: dict[int, list[dict[str, Any]]]
  federation: Federation

  def measured(
    self, image_ids: np.ndarray, category_ids: np.ndarray
  ) -> np.ndarray:
    """Returns whether detections have an influence on any metric.

    Args:
      image_ids: int64 of any shape.
      category_ids: int64 of the same shape.

    Returns:
      bool of the same shape: the category was verified in the image, and has
      ground truth in some image.
    """
    known = np.isin(category_ids, [*self.annotations])
    return known & self.federation.verified(image_ids, category_ids)

  def rows(self, frequency: str) -> np.ndarray:
    """Returns the categories of a frequency, `[k]` int64 places among all."""
    places = [
      place
      for place, category in enumerate(self.categories.values())
      if category.get('frequency') == frequency
    ]
    return np.array(places, np.int64)


def index_groundtruth(
  groundtruth: Mapping[str, Any], iou_types: Sequence[str]
) -> Truth:
  """Checks a ground truth and sorts it by category.

  As in LVIS's evaluator, annotations without an area do not count, and
  `iscrowd` is not read.

  Args:
    groundtruth: COCO format with the lists of LVIS.
    iou_types: names of `coco_inputs.IOU_TYPES`.

  Raises:
    ValueError: see `check_groundtruth`.
  """
  check_groundtruth(groundtruth, iou_types)
  indexed = coco_inputs.index_groundtruth(
    groundtruth, coco_inputs.neediest(iou_types)
  )
  counted = [a for a in indexed['annotations'] if a['area'] > 0]
  by_category = collections.defaultdict(list)
  for annotation in counted:
    annotation['iscrowd'] = annotation['ignore'] = 0
    by_category[annotation['category_id']].append(annotation)
  categories = sorted(indexed['categories'], key=lambda entry: entry['id'])
  return Truth(
    {image['id']: image for image in indexed['images']},
    {category['id']: category for category in categories},
    dict(by_category),
    Federation(indexed | {'annotations': counted}),
  )


def check_groundtruth(
  groundtruth: Mapping[str, Any], iou_types: Sequence[str]
) -> None:
  """Checks that a ground truth serves LVIS's metrics.

  Args:
    groundtruth: COCO format with the lists of LVIS.
    iou_types: names of `coco_inputs.IOU_TYPES`.

  Raises:
    ValueError: it serves no metrics of COCO either, no image has the lists of
      LVIS, an id is no whole number, or a frequency is none of `FREQUENCIES`.
  """
  coco_inputs.check_groundtruth(groundtruth, coco_inputs.neediest(iou_types))
  if not federated.is_federated(groundtruth):
    raise ValueError(
      "the LVIS protocol needs LVIS's lists of categories, "
      f'{federated.NEGATIVE} and {federated.INCOMPLETE}, and no image of the '
      'ground truth has them; use the protocol coco, or convert records again '
      'from annotations that have the lists.'
    )
  coco_inputs.check_whole_ids(groundtruth)
  for category in groundtruth['categories']:
    frequency = category.get('frequency') or 'f'
    if frequency not in FREQUENCIES:
      raise ValueError(
        f'category {category["id"]} of the ground truth has the frequency '
        f'{frequency!r}; expected one of {[*FREQUENCIES]}.'
      )


def notes(groundtruth: Mapping[str, Any]) -> list[str]:
  """Returns what of the ground truth does not count, one sentence each.

  Args:
    groundtruth: COCO format.
  """
  used = {a['category_id'] for a in groundtruth['annotations']}
  without = [
    c['id']
    for c in groundtruth['categories']
    if c['id'] in used and not c.get('frequency')
  ]
  return [
    f'{len(without)} of {len(used)} categories have no frequency, such as '
    f'{min(without, default=0)}: they count in AP, but not in '
    f'{", ".join(f"ap_{name}" for name in FREQUENCIES.values())}'
  ] * bool(without)


def index_results(
  results: Detections | Sequence[Mapping[str, Any]],
  truth: Truth,
  iou_types: Sequence[str],
  *,
  strict_categories: bool = True,
) -> Detections:
  """Checks results and converts them to arrays.

  Args:
    results: detections, or COCO results. Where no result has a box, the boxes
      are those of the masks.
    truth: the ground truth.
    iou_types: names of `coco_inputs.IOU_TYPES`.
    strict_categories: whether an unknown category is an error. Otherwise its
      detections only take places among the best of their image.

  Raises:
    ValueError: an unknown image or category, a score that is not finite, no box
      or no mask where a metric needs one.
  """
  results = coco_results.to_detections(results)
  needs_masks = SHAPES[coco_inputs.neediest(iou_types)] == MASK
  if needs_masks and results.counts is None and len(results):
    raise ValueError(f'the {len(results)} detections have no {MASK!r}.')
  coco_results.check_scores(results.scores, results.image_ids)
  for kind, ids, known in (
    ('image', results.image_ids, truth.images.keys()),
    ('category', results.category_ids, truth.categories.keys()),
  ):
    if strict_categories or kind == 'image':
      coco_results.check_known(np.unique(ids).tolist(), kind, known)
  return results
