"""Reads COCO results as tools write them."""

import itertools
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from copypaste_tf import garbage
from copypaste_tf.evaluation import (
  coco_inputs,
  detection_sets,
  detections,
  json_stream,
)
from copypaste_tf.evaluation.detection_buffer import DetectionBuffer
from copypaste_tf.evaluation.detections import Detections

Result = dict[str, Any]
Masked = Callable[[Detections], np.ndarray]
"""Returns for some of the detections of a file which masks are needed, bool."""
_BOX = 'bbox'
_MASK = 'segmentation'
# Stands for the mask of an image that the labels lack; they are refused.
_NO_MASK = {'size': [1, 1], 'counts': '1'}
_IDS = 2**63  # Arrays hold smaller numbers.
_CHUNK = 50_000  # Detections that are dictionaries at a time.


def read(
  path: str | os.PathLike, truth: Mapping[str, Any], masked: Masked | None
) -> Detections:
  """Reads a file of detections, and checks every value.

  Numbers may be text, ids may be such as `1.0`, and masks may be polygons: the
  file says enough. The detections may also be the only list of detections in a
  mapping. Where they have no boxes, the boxes are those of the masks.

  The file may be much larger than the memory: it is read detection by
  detection, and only the arrays are kept.

  Args:
    path: the file; see `json_stream.values`.
    truth: COCO format. Its images give the sizes of masks.
    masked: the masks that are kept; those of the others are left empty. A mask
      that the best detections of a part of the file leave without influence is
      without influence in the whole file, too. None keeps no mask.

  Returns:
    The detections in the order of the file.

  Raises:
    FileNotFoundError: there is no such file.
    ValueError: the file holds no results, or a value is missing, no number, or
      not finite. The message names the result.
  """
  images = {image['id']: image for image in truth['images']}
  checked = _checked(
    _results(path), images, f'--results={path}', masked is not None
  )
  buffer = DetectionBuffer()
  with garbage.paused():
    while chunk := list(itertools.islice(checked, _CHUNK)):
      found = detections.from_results(chunk)
      if found.counts is not None:
        found = detection_sets.blank(found, masked(found))
      buffer.add(found)
  return buffer.detections()


def check(path: str | os.PathLike) -> None:
  """Reads a file as far as its first detection; see `read`.

  Raises:
    FileNotFoundError: there is no such file.
    ValueError: the file does not begin as results do.
  """
  next(_results(path), None)


def _results(path: str | os.PathLike) -> Iterator[Result]:
  """Yields the detections, whose list may be in a mapping."""
  chosen, keys = None, set()  # Address of the list; keys of the mapping.
  for address, value in json_stream.values(path):
    *where, index = address or (None,)
    keys |= {key for key in address[:1] if isinstance(key, str)}
    if index == 0 and (not where or _is_result(value)):
      if chosen is not None:
        raise _no_results(path, f'several such lists: {chosen + where}')
      chosen = where
    if isinstance(index, int) and where == chosen:
      if not _is_result(value):
        raise _no_results(path, f'element {index}, {str(value)[:80]}')
      yield value
    elif index is None:
      raise _no_results(path, type(value).__name__)
  if chosen is None and keys:
    raise _no_results(path, f'a mapping with {sorted(keys)[:5]}')


def _is_result(value: Any) -> bool:
  return isinstance(value, dict) and {'category_id', 'score'} <= value.keys()


def _no_results(path: str | os.PathLike, got: str) -> ValueError:
  return ValueError(
    f'--results={path}: expected COCO results, a list of detections with '
    f'image_id, category_id, bbox and score; got {got}'
  )


def _checked(
  results: Iterable[Result],
  images: Mapping[int, Any],
  path: str,
  masks: bool,
) -> Iterator[Result]:
  """Yields results with a box and, if `masks`, a mask if the file has them."""
  kinds = {_BOX, _MASK} if masks else {_BOX}
  first: set[str] = set()  # Kinds that result 0 has.
  for index, result in enumerate(results):
    place = f'{path}: result {index}'
    values = _normalized(result, images, place)
    found = kinds & result.keys()
    first = first if index else found
    if found != first:
      (kind, *_) = sorted(found ^ first)
      raise ValueError(
        f'{place} and result 0: expected {kind} in both or in none; it has '
        f'{sorted(result)}'
      )
    if not masks:
      values.pop(_MASK, None)
    yield values


def _normalized(
  result: Result, images: Mapping[int, Any], place: str
) -> Result:
  """Returns a result with numbers as numbers and masks as RLE."""
  values = {}
  for name in ('image_id', 'category_id'):
    values[name] = _whole(result.get(name), f'{place}: {name}')
  place = f'{place}, of image {values["image_id"]}'
  values['score'] = _finite(result['score'], f'{place}: score')
  if _MASK in result:
    image = images.get(values['image_id'])
    values[_MASK] = _NO_MASK if image is None else _mask(result, image, place)
  if _BOX in result:
    values[_BOX] = _box(result[_BOX], f'{place}: {_BOX}')
  elif _MASK in result:
    values[_BOX] = coco_mask.toBbox(values[_MASK]).tolist()
  else:
    raise ValueError(f'{place}: has no {_BOX!r}; it has {sorted(result)}')
  return values


def _finite(value: Any, name: str) -> float:
  if not isinstance(value, bool) and isinstance(value, (int, float, str)):
    try:
      number = float(value)
    except (OverflowError, ValueError):
      number = math.nan
    if math.isfinite(number):
      return number
  raise ValueError(f'{name}: expected a finite number, got {value!r}')


def _whole(value: Any, name: str) -> int:
  if not isinstance(value, int) or isinstance(value, bool):
    number = _finite(value, name)
    if not number.is_integer():
      raise ValueError(f'{name}: expected a whole number, got {value!r}')
    # An id as text may have more digits than a float holds.
    value = int(value) if str(value).isdecimal() else int(number)
  if not -_IDS <= value < _IDS:
    raise ValueError(f'{name}: expected a number of 64 bits, got {value!r}')
  return value


def _box(value: Any, name: str) -> list[float]:
  if not isinstance(value, list) or len(value) != 4:
    raise ValueError(
      f'{name}: expected [x, y, width, height] in pixels, got {value!r}'
    )
  box = [_finite(number, name) for number in value]
  if min(box[2:]) < 0:
    raise ValueError(
      f'{name}: expected [x, y, width, height] in pixels, got {value!r}, whose '
      'width or height is negative'
    )
  return box


def _mask(result: Result, image: Mapping[str, Any], place: str) -> Any:
  """Returns the RLE of a mask, which must have the size of its image."""
  mask = result[_MASK]
  if isinstance(mask, dict) and isinstance(mask.get('counts'), str):
    _check_rle(mask, image, place)
    return mask
  if not mask:
    raise ValueError(f'{place}: {_MASK} is empty; expected polygons or RLE')
  try:
    return coco_inputs.to_rle({_MASK: mask}, image)
  except (KeyError, TypeError, ValueError) as error:
    raise ValueError(
      f'{place}: {_MASK} is neither polygons nor RLE, or its image has no '
      f'size: {error!r}'
    ) from error


def _check_rle(mask, image, place: str) -> None:
  """Refuses a mask of another size; some files state no size of an image."""
  size, got = [image.get('height'), image.get('width')], mask.get('size')
  if None in size:
    size = got if _are_whole(got) else size
  if got != size:
    raise ValueError(
      f'{place}: the mask has the size {got} (height, width), the image {size}'
    )
  if not mask['counts'].isascii():
    raise ValueError(f'{place}: {_MASK} is no RLE, got {mask["counts"][:20]!r}')


def _are_whole(size: Any) -> bool:
  return isinstance(size, list) and [type(x) for x in size] == [int, int]
