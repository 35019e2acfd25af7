"""Checks ground truth and results, and prepares them for the evaluators."""

import collections
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

SHAPES = {'bbox': 'bbox', 'segm': 'segmentation'}
IOU_TYPES = tuple(SHAPES)
# pycocotools stores the number of masks of a call in one byte.
_AREA_CHUNK = 255


def index_groundtruth(
  groundtruth: Mapping[str, Any], iou_type: str
) -> dict[str, Any]:
  """Checks a ground truth and converts it to the evaluators' form.

  Annotations are renumbered from 1, because the evaluators read the id 0 as "no
  match".

  Args:
    groundtruth: COCO format, with `images`, `annotations`, `categories`.
    iou_type: one of `IOU_TYPES`.

  Returns:
    COCO format. For `segm`, every segmentation is a compressed RLE. The
    argument is not changed.

  Raises:
    ValueError: a key is missing, an id is unknown or occurs twice, or an
      annotation lacks a box or mask that the metric needs.
  """
  for key in ('images', 'annotations', 'categories'):
    if key not in groundtruth:
      raise ValueError(f'the ground truth has no {key!r}; is it COCO format?')
  images = _by_id(groundtruth['images'], 'image')
  categories = _by_id(groundtruth['categories'], 'category')
  annotations = []
  for number, annotation in enumerate(groundtruth['annotations'], 1):
    _check_annotation(annotation, images, categories, iou_type)
    entry = {
      'id': number,
      'image_id': annotation['image_id'],
      'category_id': annotation['category_id'],
      'area': annotation['area'],
      'bbox': annotation['bbox'],
      'iscrowd': int(annotation.get('iscrowd', 0)),
      'ignore': int(annotation.get('iscrowd', 0)),
    }
    if iou_type == 'segm':
      image = images[annotation['image_id']]
      entry['segmentation'] = to_rle(annotation, image)
    annotations.append(entry)
  return {
    'images': list(images.values()),
    'annotations': annotations,
    'categories': list(categories.values()),
  }


def index_results(
  results: Sequence[Mapping[str, Any]],
  groundtruth: Mapping[str, Any],
  iou_type: str,
  *,
  strict_categories: bool = True,
) -> list[dict[str, Any]]:
  """Checks results and converts them to the evaluators' form.

  Args:
    results: COCO results format.
    groundtruth: COCO format.
    iou_type: one of `IOU_TYPES`. For `segm`, the area of a detection is that of
      its mask, even if it has a box.
    strict_categories: whether an unknown category is an error. If not, its
      detections are left out, which changes no metric.

  Returns:
    New annotations, numbered from 1.

  Raises:
    ValueError: an unknown image or category, a score that is not finite, no box
      or no mask where the metric needs one.
  """
  _check_scores(results)
  images = {image['id'] for image in groundtruth['images']}
  _check_known(results, 'image', images)
  known = {category['id'] for category in groundtruth['categories']}
  if strict_categories:
    _check_known(results, 'category', known)
  else:
    results = [r for r in results if r['category_id'] in known]
  key = SHAPES[iou_type]
  shapes = _column(results, key)
  areas = _areas(shapes, iou_type)
  return [
    {
      'id': number,
      'image_id': result['image_id'],
      'category_id': result['category_id'],
      'score': result['score'],
      'iscrowd': 0,
      'area': area,
      key: shape,
    }
    for number, (result, shape, area) in enumerate(
      zip(results, shapes, areas, strict=True), 1
    )
  ]


def to_rle(
  annotation: Mapping[str, Any], image: Mapping[str, Any]
) -> dict[str, Any]:
  """Returns an annotation's polygons or RLE as one compressed RLE."""
  shape = annotation['segmentation']
  height, width = image['height'], image['width']
  try:
    if isinstance(shape, list):
      return coco_mask.merge(coco_mask.frPyObjects(shape, height, width))
    if isinstance(shape['counts'], list):
      return coco_mask.frPyObjects(shape, height, width)
  except (TypeError, KeyError, IndexError) as error:
    raise ValueError(
      f'annotation {annotation.get("id")} of image {image["id"]} has a '
      f'segmentation that is neither polygons nor RLE: {error!r}.'
    ) from error
  return shape


def _by_id(entries, kind: str) -> dict[int, dict[str, Any]]:
  counts = collections.Counter(entry['id'] for entry in entries)
  twice = [key for key, count in counts.items() if count > 1]
  if twice:
    raise ValueError(
      f'the ground truth has {len(twice)} {kind} ids more than once, such as '
      f'{twice[0]}; are the same records or files given twice?'
    )
  return {entry['id']: entry for entry in entries}


def _check_annotation(annotation, images, categories, iou_type: str) -> None:
  name = f'annotation {annotation.get("id")}'
  for key in ('image_id', 'category_id', 'area', 'bbox'):
    if key not in annotation:
      raise ValueError(f'{name} of the ground truth has no {key!r}.')
  if annotation['image_id'] not in images:
    raise ValueError(f'{name} is of an unknown image {annotation["image_id"]}.')
  if annotation['category_id'] not in categories:
    raise ValueError(
      f'{name} is of an unknown category {annotation["category_id"]}.'
    )
  if iou_type == 'segm' and not annotation.get('segmentation'):
    raise ValueError(
      f'{name} has no mask, so mask AP cannot be computed; evaluate boxes '
      "alone with iou_types=('bbox',), or convert the records with masks."
    )


def _column(results, key: str) -> list[Any]:
  """Returns the values of one key; an error names a result without it."""
  try:
    return [result[key] for result in results]
  except KeyError:
    index = next(i for i, result in enumerate(results) if key not in result)
    raise ValueError(
      f'result {index} has no {key!r}; it has {sorted(results[index])}.'
    ) from None


def _check_scores(results) -> None:
  finite = np.isfinite(np.array(_column(results, 'score'), np.float64))
  if not finite.all():
    index = int(np.argmin(finite))
    raise ValueError(
      f'result {index}, of image {results[index].get("image_id")}, has the '
      f'score {results[index]["score"]}; a finite number is needed.'
    )


def _check_known(results, kind: str, known: set[int]) -> None:
  unknown = set(_column(results, f'{kind}_id')) - known
  if unknown:
    raise ValueError(
      f'the results name {len(unknown)} {kind} ids that the ground truth does '
      f'not have, such as {min(unknown)}; it has {len(known)}, from '
      f'{min(known, default=None)} to {max(known, default=None)}.'
    )


def _areas(shapes, iou_type: str) -> list[float]:
  if iou_type == 'bbox':
    boxes = np.array(shapes, np.float64).reshape(-1, 4)
    return (boxes[:, 2] * boxes[:, 3]).tolist()
  areas = []
  for start in range(0, len(shapes), _AREA_CHUNK):
    chunk = shapes[start : start + _AREA_CHUNK]
    areas.extend(coco_mask.area(chunk).tolist())
  return areas
