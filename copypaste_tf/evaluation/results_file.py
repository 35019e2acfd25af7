"""Reads COCO results as tools write them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from copypaste_tf.evaluation import coco_inputs

Result = dict[str, Any]
_BOX = 'bbox'
_MASK = 'segmentation'


def normalized(
  content: Any, path: str, truth: Mapping[str, Any]
) -> list[Result]:
  """Reads the content of a file of detections, and checks every value.

  Numbers may be text, ids may be such as `1.0`, and masks may be polygons: the
  file says enough. The detections may also be the only list of detections in a
  mapping.

  Args:
    content: the decoded JSON.
    path: path of the file, for messages.
    truth: COCO format. Its images give the sizes of masks.

  Returns:
    COCO results. Every segmentation is a compressed RLE.

  Raises:
    ValueError: the file holds no results, or a value is missing, no number or
      not finite. The message names the result.
  """
  results = _list(content, path)
  images = {image['id']: image for image in truth['images']}
  return [
    _normalized(result, images, f'--results={path}: result {index}')
    for index, result in enumerate(results)
  ]


def _list(content: Any, path: str) -> Sequence[Mapping[str, Any]]:
  """Returns the list of detections, which may be in a mapping."""
  got = type(content).__name__
  if isinstance(content, dict):
    got = f'a mapping with {sorted(content)[:5]}'
    lists = [v for v in content.values() if v and _are_results(v)]
    content = lists[0] if len(lists) == 1 else None
  if not _are_results(content):
    raise ValueError(
      f'--results={path}: expected COCO results, a list of detections with '
      f'image_id, category_id, bbox and score; got {got}'
    )
  return content


def _are_results(content: Any) -> bool:
  return isinstance(content, list) and all(
    isinstance(result, dict) and {'category_id', 'score'} <= result.keys()
    for result in content
  )


def _normalized(
  result: Result, images: Mapping[int, Any], place: str
) -> Result:
  """Returns a result with numbers as numbers and masks as RLE."""
  values = dict(result)
  for name in ('image_id', 'category_id'):
    values[name] = _whole(result.get(name), f'{place}: {name}')
  place = f'{place}, of image {values["image_id"]}'
  values['score'] = _finite(result['score'], f'{place}: score')
  if _BOX in result:
    values[_BOX] = _box(result[_BOX], f'{place}: {_BOX}')
  image = images.get(values['image_id'])
  if _MASK in result and image is not None:
    values[_MASK] = _mask(result, image, place)
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
  if isinstance(value, int) and not isinstance(value, bool):
    return value
  number = _finite(value, name)
  if not number.is_integer():
    raise ValueError(f'{name}: expected a whole number, got {value!r}')
  # An id as text may have more digits than a float holds.
  return int(value) if str(value).isdecimal() else int(number)


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
  if isinstance(mask, dict) and isinstance(mask.get('counts'), (str, bytes)):
    _check_size(mask, image, place)
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


def _check_size(mask, image, place: str) -> None:
  """Refuses a mask of another size; some files state no size of an image."""
  size = [image.get('height'), image.get('width')]
  if mask.get('size') != size and None not in size:
    raise ValueError(
      f'{place}: the mask has the size {mask.get("size")} (height, width), the '
      f'image {size}'
    )
