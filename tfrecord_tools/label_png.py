"""Reads the PNGs whose pixels are ids, as Pascal VOC's segmentations are.

Such a file has a palette, so that it looks colourful, but its pixels are ids: 0
the background, 255 void, the others classes or objects. Decoders that return
colours or grey values lose the ids. Here a file is read by its indices. A file
of colours is read if each colour is one of VOC's palette. A file that may mean
two things is refused.
"""

import io

import numpy as np
from PIL import Image

from copypaste_tf.drawing import class_maps
from copypaste_tf.examples import VOID
from copypaste_tf.records import pillow_rgb
from tfrecord_tools.entries import PixelLabels
from tfrecord_tools.faults import Note, SourceError

BACKGROUND = 0
_LUMA = 0.299, 0.587, 0.114
_COMMON_IDS = range(21)
_NUM_SHOWN = 8


def read(
  data: bytes, path: str, *, largest: int, shape: tuple[int, int] | None = None
) -> PixelLabels:
  """Reads a file.

  Args:
    data: its bytes.
    path: its path, for messages.
    largest: the largest id beside 255.
    shape: height and width that it must have; None accepts any.

  Returns:
    The ids, each 0 to `largest` or 255.

  Raises:
    SourceError: it is no such PNG, is damaged or of another size, or holds
      other values. The message names the file.
  """
  try:
    with Image.open(io.BytesIO(data), formats=('PNG',)) as image:
      if shape is not None and image.size != shape[::-1]:
        raise SourceError(
          'label_png_of_another_size',
          f'{path}: expected the height and width of the image, {shape}, got '
          f'{image.size[::-1]}',
        )
      labels = _decode(image, path)
  except SourceError:
    raise
  except pillow_rgb.DECODE_ERRORS as error:
    raise SourceError(
      'unreadable_label_png', f'{path}: expected a whole PNG: {error}'
    ) from error
  present = np.flatnonzero(np.bincount(labels.ids.ravel(), minlength=256))
  wrong = present[(present > largest) & (present != VOID)]
  if wrong.size:
    raise SourceError(
      'label_png_values',
      f'{path}: expected 0 to {largest} and {VOID} for void, got '
      f'{_listed(wrong)}{_value_hint(present, largest)}',
    )
  return labels


def _decode(image: Image.Image, path: str) -> PixelLabels:
  if image.mode == 'P':
    return _from_indices(image, path)
  if image.mode == 'L':
    return _from_grey(np.array(image), path)
  if image.mode in ('RGB', 'RGBA'):
    ids = _ids_of(np.array(image)[:, :, :3], path)
    return PixelLabels(ids, (Note('label_pngs_read_by_colour', path),))
  raise SourceError(
    'unreadable_label_png',
    f'{path}: expected a PNG with a palette (mode P), got mode {image.mode}',
  )


def _from_indices(image: Image.Image, path: str) -> PixelLabels:
  """Reads the indices, unless the palette of VOC is sorted otherwise."""
  ids = np.array(image)
  colors = np.array(image.getpalette('RGB'), np.uint8).reshape(-1, 3)
  used = np.flatnonzero(np.bincount(ids.ravel(), minlength=256))
  if used[-1] >= len(colors):
    raise SourceError(
      'unreadable_label_png',
      f'{path}: the palette has {len(colors)} colours, a pixel has {used[-1]}',
    )
  if np.array_equal(colors[used], class_maps.palette()[used]):
    return PixelLabels(ids)
  if _is_known(_keys(colors[used])).all():
    # Programs that make files small renumber colours, as they mean no ids.
    return PixelLabels(
      _ids_of(colors[ids], path), (Note('label_pngs_read_by_colour', path),)
    )
  return PixelLabels(ids, (Note('label_pngs_with_another_palette', path),))


def _from_grey(ids: np.ndarray, path: str) -> PixelLabels:
  """Reads grey values as ids, unless they may be the greys of colours."""
  values = np.unique(ids)
  greys = class_maps.palette()[[*_COMMON_IDS, VOID]] @ np.array(_LUMA)
  # Decoders round them in either way.
  greys = [*np.floor(greys), *np.ceil(greys)]
  if values[-1] and np.isin(values, greys).all():
    raise SourceError(
      'label_png_of_grey_colours',
      f'{path}: the grey values {_listed(values)} may be ids or the brightness '
      "of VOC's colours; write it with a palette (mode P)",
    )
  return PixelLabels(ids, (Note('label_pngs_without_palette', path),))


def _ids_of(pixels: np.ndarray, path: str) -> np.ndarray:
  """Returns the ids of `[h, w, 3]` uint8 colours, `[h, w]` uint8."""
  keys = _keys(pixels)
  unknown = ~_is_known(keys)
  if unknown.any():
    color = tuple(pixels[unknown][0].tolist())
    raise SourceError(
      'label_png_colours',
      f'{path}: {unknown.sum()} pixels have colours that are not of '
      f"VOC's palette, such as {color}; it may have been resized or "
      'compressed with loss',
    )
  known = _keys(class_maps.palette())
  order = np.argsort(known)
  return order[np.searchsorted(known[order], keys)].astype(np.uint8)


def _is_known(keys: np.ndarray) -> np.ndarray:
  return np.isin(keys, _keys(class_maps.palette()))


def _keys(colors: np.ndarray) -> np.ndarray:
  """Returns a number for each colour, `[...]` int64."""
  return colors.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])


def _listed(values: np.ndarray) -> str:
  more = ', ...' if len(values) > _NUM_SHOWN else ''
  return ', '.join(map(str, values[:_NUM_SHOWN])) + more


def _value_hint(present: np.ndarray, largest: int) -> str:
  """Says what the values may be, if they are not ids of objects."""
  if present[-1] <= 1 or largest + 1 >= VOID:
    return ''
  return '; a file of objects in place of classes, or more --classes?'
