"""Checks ground truth in COCO format, and prepares it for the evaluators."""

import collections
import numbers
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

BOX, MASK = 'bbox', 'segmentation'
SHAPES = {'bbox': BOX, 'segm': MASK, 'boundary': MASK}
IOU_TYPES = tuple(SHAPES)
_FARTHEST = 1e6  # Pixels; no image is so large.


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
    COCO format. For masks and boundaries, every segmentation is a compressed
    RLE. The argument is not changed.

  Raises:
    ValueError: a key is missing, an id is unknown or occurs twice, or an
      annotation lacks a box or mask that the metric needs.
  """
  check_groundtruth(groundtruth, iou_type)
  images = {image['id']: image for image in groundtruth['images']}
  annotations = []
  for number, annotation in enumerate(groundtruth['annotations'], 1):
    entry = {
      'id': number,
      'image_id': annotation['image_id'],
      'category_id': annotation['category_id'],
      'area': annotation['area'],
      'bbox': annotation['bbox'],
      'iscrowd': int(annotation.get('iscrowd') or 0),
      'ignore': int(annotation.get('iscrowd') or 0),
    }
    if SHAPES[iou_type] == MASK:
      image = images[annotation['image_id']]
      entry['segmentation'] = to_rle(annotation, image)
    annotations.append(entry)
  return {
    'images': list(images.values()),
    'annotations': annotations,
    'categories': list(groundtruth['categories']),
  }


def check_iou_types(iou_types: Iterable[str]) -> None:
  """Checks names of IoU types.

  Raises:
    ValueError: a name is not one of `IOU_TYPES`.
  """
  for iou_type in iou_types:
    if iou_type not in IOU_TYPES:
      raise ValueError(
        f'iou_types must be among {IOU_TYPES}, got {iou_type!r}.'
      )


def neediest(iou_types: Sequence[str]) -> str:
  """Returns the IoU type whose check includes those of the others."""
  return next((x for x in iou_types if SHAPES[x] == MASK), 'bbox')


def check_groundtruth(groundtruth: Mapping[str, Any], iou_type: str) -> None:
  """Checks that a ground truth serves a metric; masks are not decoded.

  Args:
    groundtruth: COCO format.
    iou_type: one of `IOU_TYPES`.

  Raises:
    ValueError: see `index_groundtruth`.
  """
  for key in ('images', 'annotations', 'categories'):
    if key not in groundtruth:
      raise ValueError(f'the ground truth has no {key!r}; is it COCO format?')
  images = _ids(groundtruth['images'], 'image')
  categories = _ids(groundtruth['categories'], 'category')
  for annotation in groundtruth['annotations']:
    _check_annotation(annotation, images, categories, iou_type)


def check_images(groundtruth: Mapping[str, Any], ids: Iterable[int]) -> None:
  """Checks that a ground truth has images.

  Args:
    groundtruth: COCO format.
    ids: image ids.

  Raises:
    ValueError: it lacks some of the images.
  """
  known = {image['id'] for image in groundtruth['images']}
  missing = sorted(set(ids) - known)
  if missing:
    raise ValueError(
      f'the ground truth lacks the image ids {missing[:3]} of the images that '
      f'will be evaluated; it has {len(known)}, from '
      f'{min(known, default=None)} to {max(known, default=None)}. Is it of '
      'another set?'
    )


def check_whole_ids(groundtruth: Mapping[str, Any]) -> None:
  """Checks that ids are whole numbers, as arrays hold them.

  Args:
    groundtruth: COCO format that passed `check_groundtruth`.

  Raises:
    ValueError: the id of an image or of a category is something else.
  """
  for kind in ('images', 'categories'):
    for entry in groundtruth[kind]:
      if not isinstance(entry['id'], int):
        raise ValueError(
          f'the ground truth has the id {entry["id"]!r} among its {kind}; '
          'expected whole numbers.'
        )


def to_rle(
  annotation: Mapping[str, Any], image: Mapping[str, Any]
) -> dict[str, Any]:
  """Returns an annotation's polygons or RLE as one compressed RLE.

  Args:
    annotation: with `segmentation`.
    image: its image, with `height` and `width` in pixels.

  Raises:
    ValueError: the segmentation is neither polygons nor RLE, or the image has
      no size.
  """
  shape = annotation['segmentation']
  try:
    height, width = image['height'], image['width']
    if isinstance(shape, list):
      _check_polygons(shape)
      return coco_mask.merge(coco_mask.frPyObjects(shape, height, width))
    if isinstance(shape['counts'], list) and shape['size']:
      return coco_mask.frPyObjects(shape, height, width)
  except (TypeError, ValueError, KeyError, IndexError) as error:
    raise ValueError(
      f'annotation {annotation.get("id")} of image {image["id"]} has a '
      f'segmentation that is neither polygons nor RLE, or its image has no '
      f'size: {error!r}.'
    ) from error
  return shape


def _check_polygons(polygons: Sequence[Any]) -> None:
  # pycocotools crashes on coordinates that are no numbers, and allocates
  # memory for all that lie between distant ones.
  if all(
    isinstance(x, Mapping) and {'counts', 'size'} <= {*x} for x in polygons
  ):
    return  # The uncompressed RLEs of the parts.
  for polygon in polygons:
    values = np.asarray(polygon)
    if values.ndim != 1 or values.dtype.kind not in 'iuf' or len(values) < 4:
      raise TypeError('a polygon is a list of at least 4 numbers')
    if not (np.abs(values) < _FARTHEST).all():
      raise ValueError(f'a coordinate is not below {_FARTHEST:.0e} pixels')


def _ids(entries, kind: str) -> set[int]:
  try:
    counts = collections.Counter(entry['id'] for entry in entries)
  except (KeyError, TypeError) as error:
    raise ValueError(
      f'the ground truth has an entry without id among its {kind} entries.'
    ) from error
  twice = [key for key, count in counts.items() if count > 1]
  if twice:
    raise ValueError(
      f'the ground truth has {len(twice)} {kind} ids more than once, such as '
      f'{twice[0]}; are the same records or files given twice?'
    )
  return set(counts)


def _are_numbers(values: Any, count: int) -> bool:
  return (
    isinstance(values, list | tuple)
    and len(values) == count
    and all(isinstance(value, numbers.Real) for value in values)
  )


def _check_annotation(annotation, images, categories, iou_type: str) -> None:
  name = f'annotation {annotation.get("id")}'
  for key in ('image_id', 'category_id', 'area', 'bbox'):
    if key not in annotation:
      raise ValueError(f'{name} of the ground truth has no {key!r}.')
  for key, valid in (
    ('bbox', _are_numbers(annotation['bbox'], 4)),
    ('area', _are_numbers([annotation['area']], 1)),
    ('iscrowd', annotation.get('iscrowd') in (None, 0, 1)),
    ('image_id', isinstance(annotation['image_id'], Hashable)),
    ('category_id', isinstance(annotation['category_id'], Hashable)),
  ):
    if not valid:
      raise ValueError(
        f'{name} of the ground truth has the {key} {annotation[key]!r}; '
        'expected numbers as in COCO: bbox [x, y, width, height], iscrowd 0 '
        'or 1.'
      )
  if annotation['image_id'] not in images:
    raise ValueError(f'{name} is of an unknown image {annotation["image_id"]}.')
  if annotation['category_id'] not in categories:
    raise ValueError(
      f'{name} is of an unknown category {annotation["category_id"]}.'
    )
  if SHAPES[iou_type] == MASK and not annotation.get('segmentation'):
    raise ValueError(
      f'{name} has no mask, so mask AP cannot be computed; evaluate boxes '
      "alone with iou_types=('bbox',), or convert the records with masks."
    )
