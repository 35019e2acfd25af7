"""Reads the fields of a record from the features of one example.

Every function takes the feature map that `features.load` returns and raises
FeatureError, which names the faulty feature. `n` is the number of objects,
`shape` is the height and width of the image in pixels.
"""

import numpy as np

from copypaste_tf.examples import IDS_PER_PLANE, Features
from copypaste_tf.records import png
from copypaste_tf.records.features import (
  FeatureError,
  column,
  fail,
  scalar,
  values,
)
from copypaste_tf.records.features import Features as FeatureMap
from copypaste_tf.records.id_planes import crop, layer_crops

BOX_KEYS = (
  Features.BOX_YMIN,
  Features.BOX_XMIN,
  Features.BOX_YMAX,
  Features.BOX_XMAX,
)
_LARGEST_SIDE = 2**31 - 1


def shape(features: FeatureMap) -> tuple[int, int]:
  """Reads height and width in pixels, at least 1x1 and of 31 bits."""
  height = scalar(features, Features.HEIGHT, 'int64_list')
  width = scalar(features, Features.WIDTH, 'int64_list')
  if height < 1 or width < 1:
    fail(Features.HEIGHT, f'a size of at least 1x1, got {height}x{width}')
  if max(height, width) > _LARGEST_SIDE:
    fail(Features.HEIGHT, f'a size of 31 bits, got {height}x{width}')
  return height, width


def classes(features: FeatureMap) -> np.ndarray:
  """Reads `[n]` int32 category ids, at least 1."""
  classes = np.array(values(features, Features.CLASS, 'int64_list'), np.int64)
  if classes.size and not 1 <= classes.min() <= classes.max() < 2**31:
    fail(Features.CLASS, f'category ids of at least 1, got {classes.tolist()}')
  return classes.astype(np.int32)


def boxes(features: FeatureMap, n: int, shape: tuple[int, int]) -> np.ndarray:
  """Reads `[n, 4]` float32 `(ymin, xmin, ymax, xmax)` in pixels.

  Args:
    features: the feature map; it holds fractions of the image size.
    n: number of objects.
    shape: height and width of the image in pixels.
  """
  boxes = np.zeros((n, 4))
  for side, key in enumerate(BOX_KEYS):
    boxes[:, side] = column(features, key, 'float_list', n)
    if not np.isfinite(boxes[:, side]).all():
      fail(key, f'finite numbers, got {boxes[:, side].tolist()}')
  return (boxes * np.array(shape * 2)).astype(np.float32)


def areas(features: FeatureMap, boxes: np.ndarray) -> np.ndarray:
  """Reads areas in square pixels; by default those of the boxes.

  Args:
    features: the feature map.
    boxes: `[n, 4]` float32 `(ymin, xmin, ymax, xmax)` in pixels.

  Returns:
    `[n]` float32, at least 0.
  """
  sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
  annotated = values(features, Features.AREA, 'float_list')
  if not annotated:
    return sides.prod(axis=1)
  areas = np.array(column(features, Features.AREA, 'float_list', len(boxes)))
  if not (np.isfinite(areas) & (areas >= 0)).all():
    fail(Features.AREA, f'finite areas of at least 0, got {areas.tolist()}')
  return areas.astype(np.float32)


def difficult(features: FeatureMap, n: int) -> np.ndarray | None:
  """Reads `[n]` bool flags; None where the feature is absent."""
  if Features.DIFFICULT not in features:
    return None
  flags = column(features, Features.DIFFICULT, 'int64_list', n)
  if not set(flags) <= {0, 1}:
    fail(Features.DIFFICULT, f'flags of 0 or 1, got {flags}')
  return np.array(flags, bool)


def scores(features: FeatureMap, n: int) -> np.ndarray | None:
  """Reads `[n]` float32 scores in [0, 1]; None where the feature is absent."""
  if Features.SCORE not in features:
    return None
  scores = np.array(column(features, Features.SCORE, 'float_list', n))
  if not ((scores >= 0) & (scores <= 1)).all():
    fail(Features.SCORE, f'scores from 0 to 1, got {scores.tolist()}')
  return scores.astype(np.float32)


def pseudo(features: FeatureMap) -> bool:
  """Reads whether a model made the labels; False where it is absent."""
  if Features.PSEUDO not in features:
    return False
  flag = scalar(features, Features.PSEUDO, 'int64_list')
  if flag not in (0, 1):
    fail(Features.PSEUDO, f'a flag of 0 or 1, got {flag}')
  return bool(flag)


def category_ids(features: FeatureMap, *keys: str) -> list[int] | None:
  """Reads a list of category ids from the first of several features.

  Args:
    features: feature map of `features.load`.
    *keys: names of the feature, the likeliest first.

  Returns:
    The ids; None where all of the features are absent.
  """
  key = next((key for key in keys if key in features), None)
  if key is None:
    return None
  ids = values(features, key, 'int64_list')
  if ids and not 1 <= min(ids) <= max(ids) < 2**31:
    fail(key, f'category ids of at least 1, got {ids}')
  return ids


def source_id(features: FeatureMap) -> int:
  """Reads the image id, a decimal integer."""
  text = scalar(features, Features.SOURCE_ID, 'bytes_list')
  try:
    return int(text)
  except ValueError:
    return fail(Features.SOURCE_ID, f'a decimal integer, got {text!r}')


def has_masks(features: FeatureMap, n: int) -> bool:
  """Returns whether the record carries masks; see `records.Record`."""
  if Features.PLANES in features or Features.MASK in features:
    return True
  return n == 0 and Features.SCHEMA not in features


def planes(
  features: FeatureMap, crowd: np.ndarray, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
  """Reads id planes and addresses.

  A record without planes gets them from its mask PNGs. A record without either
  gets no plane and the address 0 for every object.

  Args:
    features: the feature map.
    crowd: `[n]` bool.
    shape: height and width of the image in pixels.

  Returns:
    `[l, h, w]` uint8 planes and `[n]` int32 addresses; 0 is "no pixel".
  """
  n = len(crowd)
  if Features.PLANES in features:
    pngs = values(features, Features.PLANES, 'bytes_list')
    planes = [np.zeros((0, *shape), np.uint8)]
    for data in pngs:
      pixels = _decode(Features.PLANES, data, shape)
      planes.append(np.moveaxis(pixels, -1, 0))
    planes = np.concatenate(planes)
    ids = np.array(column(features, Features.IDS, 'int64_list', n), np.int64)
    _check_ids(ids, len(planes))
    return planes, ids.astype(np.int32)
  if Features.MASK not in features:
    return np.zeros((0, *shape), np.uint8), np.zeros(n, np.int32)
  pngs = column(features, Features.MASK, 'bytes_list', n)
  crops = [crop(_mask(data, shape)) for data in pngs]
  return layer_crops(crops, crowd, shape)


def _check_ids(ids: np.ndarray, count: int) -> None:
  placed = ids[ids != 0]
  if ((placed < 0) | (placed >= IDS_PER_PLANE * count)).any():
    fail(Features.IDS, f'addresses in {count} planes, got {ids.tolist()}')
  if (placed % IDS_PER_PLANE == 0).any():
    fail(Features.IDS, f'values of 1 to 255 in a plane, got {ids.tolist()}')
  if len(np.unique(placed)) != len(placed):
    fail(Features.IDS, f'a distinct address per object, got {ids.tolist()}')


def _mask(data: bytes, shape: tuple[int, int]) -> np.ndarray:
  pixels = _decode(Features.MASK, data, shape)
  if pixels.shape[2] != 1:
    fail(Features.MASK, f'PNGs of one channel, got {pixels.shape[2]}')
  return pixels[:, :, 0]


def _decode(key: str, data: bytes, shape: tuple[int, int]) -> np.ndarray:
  try:
    pixels = png.decode(data)
  except ValueError as error:
    raise FeatureError(key, str(error)) from error
  if pixels.shape[:2] != shape:
    fail(key, f'PNGs of the image size {shape}, got {pixels.shape[:2]}')
  return pixels
