"""Checks detections, and prepares them for the evaluators."""

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from typing import Any, NamedTuple

import numpy as np
from pycocotools import mask as coco_mask

from copypaste_tf.evaluation import detections
from copypaste_tf.evaluation.coco_inputs import BOX, MASK, SHAPES
from copypaste_tf.evaluation.detections import Detections

# pycocotools stores the number of masks of a call in one byte.
_AREA_CHUNK = 255


class _Columns(NamedTuple):
  """Results, each field as a list. `shapes` are boxes or masks."""

  scores: list[float]
  image_ids: list[int]
  category_ids: list[int]
  shapes: list[Any]


def index_results(
  results: Detections | Sequence[Mapping[str, Any]],
  groundtruth: Mapping[str, Any],
  iou_type: str,
  *,
  strict_categories: bool = True,
) -> list[dict[str, Any]]:
  """Checks results and converts them to the evaluators' form.

  Args:
    results: detections, or COCO results format.
    groundtruth: COCO format.
    iou_type: one of `coco_inputs.IOU_TYPES`. For masks and boundaries, the
      area of a detection is that of its mask, even if it has a box.
    strict_categories: whether an unknown category is an error. If not, its
      detections are left out, which changes no metric.

  Returns:
    New annotations, numbered from 1. They are dictionaries with one kind of
    shape, because both evaluators read nothing else: `loadRes` of both makes
    such dictionaries of an array.

  Raises:
    ValueError: an unknown image or category, a score that is not finite, no box
      or no mask where the metric needs one.
  """
  key = SHAPES[iou_type]
  columns = _columns(results, key)
  check_scores(columns.scores, columns.image_ids)
  check_ids(columns, groundtruth, strict_categories=strict_categories)
  known = {category['id'] for category in groundtruth['categories']}
  return _entries(_with_categories(columns, known), key)


def entries(results: Detections, iou_type: str) -> list[dict[str, Any]]:
  """Converts detections as `index_results` does, without its checks."""
  key = SHAPES[iou_type]
  return _entries(_columns(results, key), key)


def check_ids(
  results: Detections | _Columns,
  groundtruth: Mapping[str, Any],
  *,
  strict_categories: bool,
) -> None:
  """Checks that the ground truth has the images of the results.

  Args:
    results: detections.
    groundtruth: COCO format.
    strict_categories: whether it must have the categories, too.

  Raises:
    ValueError: an id is unknown.
  """
  for kind, ids, key in (
    ('image', results.image_ids, 'images'),
    ('category', results.category_ids, 'categories'),
  ):
    if strict_categories or kind == 'image':
      known = {entry['id'] for entry in groundtruth[key]}
      check_known(_different(ids), kind, known)


def _different(ids: Sequence[Any]) -> Collection[Any]:
  return np.unique(ids).tolist() if isinstance(ids, np.ndarray) else set(ids)


def _entries(columns: _Columns, key: str) -> list[dict[str, Any]]:
  try:
    areas = shape_areas(columns.shapes, key)
  except (KeyError, TypeError, ValueError) as error:
    form = '[x, y, width, height]' if key == BOX else 'compressed RLE'
    raise ValueError(
      f'every {key!r} of the results must be {form}: {error}.'
    ) from error
  return [
    {
      'id': number,
      'image_id': image,
      'category_id': category,
      'score': score,
      'iscrowd': 0,
      'area': area,
      key: shape,
    }
    for number, (score, image, category, shape, area) in enumerate(
      zip(*columns, areas, strict=True), 1
    )
  ]


def to_detections(
  results: Detections | Sequence[Mapping[str, Any]],
) -> Detections:
  """Converts COCO results to arrays; arrays stay as they are.

  Args:
    results: detections, or COCO results. Where no result has a box, the boxes
      are those of the masks, which are compressed RLEs.

  Raises:
    ValueError: a result lacks an id, its score or its box.
  """
  if isinstance(results, Detections):
    return results
  for key in ('score', 'image_id', 'category_id'):
    column(results, key)
  if any(BOX in result for result in results):
    column(results, BOX)
    return detections.from_results(results)
  boxes = [coco_mask.toBbox(x) for x in column(results, MASK)]
  return detections.from_results(
    [{**x, BOX: box} for x, box in zip(results, boxes, strict=True)]
  )


def _columns(results, key: str) -> _Columns:
  if not isinstance(results, Detections):
    names = ('score', 'image_id', 'category_id', key)
    return _Columns(*(column(results, name) for name in names))
  shapes = results.boxes.tolist() if key == BOX else [*results.masks()]
  if len(shapes) < len(results):
    raise ValueError(f'the {len(results)} detections have no {key!r}.')
  arrays = (results.scores, results.image_ids, results.category_ids)
  return _Columns(*(array.tolist() for array in arrays), shapes)


def _with_categories(columns: _Columns, known: set[int]) -> _Columns:
  keep = [category in known for category in columns.category_ids]
  return _Columns(*(list(itertools.compress(c, keep)) for c in columns))


def column(results: Sequence[Mapping[str, Any]], key: str) -> list[Any]:
  """Returns the values of one key of COCO results.

  Raises:
    ValueError: a result lacks the key. The message names it.
  """
  try:
    return [result[key] for result in results]
  except KeyError:
    index = next(i for i, result in enumerate(results) if key not in result)
    raise ValueError(
      f'result {index} has no {key!r}; it has {sorted(results[index])}.'
    ) from None


def check_scores(scores: Sequence[float], image_ids: Sequence[int]) -> None:
  """Checks that all scores are finite.

  Args:
    scores: numbers, one per result.
    image_ids: ids of the images, for the message.

  Raises:
    ValueError: a score is not finite. The message names the result.
  """
  finite = np.isfinite(np.asarray(scores, np.float64))
  if not finite.all():
    index = int(np.argmin(finite))
    raise ValueError(
      f'result {index}, of image {image_ids[index]}, has the score '
      f'{scores[index]}; a finite number is needed.'
    )


def check_known(ids: Iterable[int], kind: str, known: Set[int]) -> None:
  """Checks that the ground truth has the ids of the results.

  Args:
    ids: ids of images or of categories.
    kind: `image` or `category`, for the message.
    known: ids of the ground truth.

  Raises:
    ValueError: an id is unknown.
  """
  unknown = set(ids) - known
  if unknown:
    raise ValueError(
      f'the results name {len(unknown)} {kind} ids that the ground truth does '
      f'not have, such as {min(unknown)}; it has {len(known)}, from '
      f'{min(known, default=None)} to {max(known, default=None)}.'
    )


def shape_areas(shapes: Sequence[Any], key: str) -> list[float]:
  """Returns the areas of boxes or of masks in pixels.

  Args:
    shapes: boxes `[x, y, width, height]`, or compressed RLEs.
    key: `bbox` or `segmentation`.
  """
  if key == BOX:
    boxes = np.array(shapes, np.float64).reshape(-1, 4)
    return (boxes[:, 2] * boxes[:, 3]).tolist()
  areas = []
  for start in range(0, len(shapes), _AREA_CHUNK):
    chunk = shapes[start : start + _AREA_CHUNK]
    areas.extend(coco_mask.area(chunk).tolist())
  return areas
