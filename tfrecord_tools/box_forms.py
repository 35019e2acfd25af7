"""Compares boxes with masks, and guesses in which form boxes are written."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from copypaste_tf.records.id_planes import Crop

Corners = tuple[float, float, float, float]
Shape = tuple[int, int]

STANDARD = '[x, y, width, height]'
CORNERS = '[x1, y1, x2, y2]'
ONE_BASED = '[x, y, width, height] counted from 1'
# Minimum IoU of the box and the mask of one object. A box may include hidden
# parts, so a single smaller IoU is no fault.
_SAME_OBJECT = 0.5
_FITS = 0.8
# Number of pixels by which rounding may move the sides of a box.
_ROUNDING = 1.5
_ONE_PIXEL = 0.75, 1.25


def _centred(x: float, y: float, width: float, height: float) -> Corners:
  return y - height / 2, x - width / 2, y + height / 2, x + width / 2


def _scaled(form: Callable[..., Corners]) -> Callable[..., Corners]:
  def scaled(a, b, c, d, shape):
    top, left, bottom, right = form(a, b, c, d, shape)
    height, width = shape
    return top * height, left * width, bottom * height, right * width

  return scaled


_PIXELS: dict[str, Callable[..., Corners]] = {
  STANDARD: lambda a, b, c, d, _: (b, a, b + d, a + c),
  CORNERS: lambda a, b, c, d, _: (b, a, d, c),
  '[y, x, height, width]': lambda a, b, c, d, _: (a, b, a + c, b + d),
  '[y1, x1, y2, x2]': lambda a, b, c, d, _: (a, b, c, d),
  '[y, x, width, height]': lambda a, b, c, d, _: (a, b, a + d, b + c),
  '[x, y, height, width]': lambda a, b, c, d, _: (b, a, b + c, a + d),
  '[x centre, y centre, width, height]': lambda a, b, c, d, _: _centred(
    a, b, c, d
  ),
}
_OTHERS = {
  **{name: form for name, form in _PIXELS.items() if name != STANDARD},
  **{
    f'{name} as fractions of the image': _scaled(form)
    for name, form in _PIXELS.items()
  },
}


class Pair(NamedTuple):
  """A box beside the mask of its object.

  Attributes:
    box: `(ymin, xmin, ymax, xmax)` of the standard form, pixels.
    mask: tight box of the mask, likewise.
    shape: height and width of the image.
  """

  box: Corners
  mask: Corners
  shape: Shape


def box_of(crop: Crop) -> Corners:
  """Returns `(ymin, xmin, ymax, xmax)` of a mask in its tight box."""
  rows, columns = crop.mask.shape
  return crop.top, crop.left, crop.top + rows, crop.left + columns


def read_as(form: str, box: Corners, shape: Shape) -> Corners:
  """Reads the four numbers of a box in another form.

  Args:
    form: one of the names that `common_form` and `likely_form` return.
    box: `(ymin, xmin, ymax, xmax)` that the numbers mean in the standard form.
    shape: height and width of the image.

  Returns:
    `(ymin, xmin, ymax, xmax)` in pixels.
  """
  top, left, bottom, right = box
  if form == ONE_BASED:
    return top - 1, left - 1, bottom - 1, right - 1
  numbers = left, top, right - left, bottom - top
  return _OTHERS[form](*numbers, shape)


def is_same_object(box: Corners, mask: Corners) -> bool:
  """Returns whether a box overlaps with a mask as boxes of one object do."""
  return _overlap(box, mask) >= _SAME_OBJECT or _is_near(box, mask)


def fits(box: Corners, mask: Corners) -> bool:
  """Returns whether a box is that of a mask, but for rounding."""
  return _overlap(box, mask) >= _FITS or _is_near(box, mask)


def are_fractions(box: Corners, whole: float = 1) -> bool:
  """Returns whether the four numbers of a box may be fractions of the image.

  Args:
    box: `(ymin, xmin, ymax, xmax)` that the numbers mean in the standard form.
    whole: the number that means all of the image, such as 100.
  """
  top, left, bottom, right = box
  numbers = left, top, right - left, bottom - top
  return all(0 <= number <= whole for number in numbers)


def are_corners(box: Corners, shape: Shape) -> bool:
  """Returns whether the numbers of a box may be `[x1, y1, x2, y2]`."""
  top, left, bottom, right = read_as(CORNERS, box, shape)
  return top < bottom <= shape[0] + 1 and left < right <= shape[1] + 1


def leads_out(box: Corners, shape: Shape) -> bool:
  """Returns whether a box leads out of the image by more than rounding."""
  return any(
    side > length + _ROUNDING
    for side, length in zip(box[2:], shape, strict=True)
  )


def likely_form(pair: Pair) -> str | None:
  """Returns the form in which a box fits its mask, None if there is none.

  Args:
    pair: a box that is not of the same object as the mask in the standard form.
  """
  overlaps = {name: _overlap_as(name, pair) for name in _OTHERS}
  best = max(overlaps, key=overlaps.get)
  return best if overlaps[best] >= _FITS else None


def common_form(pairs: Iterable[Pair]) -> str | None:
  """Returns the form of most boxes, None if it is the standard one.

  Args:
    pairs: boxes of a data set with their masks.
  """
  pairs = list(pairs)
  if not pairs:
    return None
  half = len(pairs) / 2
  if sum(fits(pair.box, pair.mask) for pair in pairs) > half:
    return ONE_BASED if _count_from_one(pairs) else None
  counts = {
    name: sum(
      fits(read_as(name, pair.box, pair.shape), pair.mask) for pair in pairs
    )
    for name in _OTHERS
  }
  best = max(counts, key=counts.get)
  return best if counts[best] > half else None


def _count_from_one(pairs: list[Pair]) -> bool:
  """Returns whether all sides lie one pixel beyond those of the masks."""
  for side in range(4):
    offsets = sorted(pair.box[side] - pair.mask[side] for pair in pairs)
    low, high = _ONE_PIXEL
    if not low <= offsets[len(offsets) // 2] <= high:
      return False
  return True


def _overlap_as(form: str, pair: Pair) -> float:
  return _overlap(read_as(form, pair.box, pair.shape), pair.mask)


def _overlap(a: Corners, b: Corners) -> float:
  """Returns intersection over union, 0 where a box is empty."""
  height = min(a[2], b[2]) - max(a[0], b[0])
  width = min(a[3], b[3]) - max(a[1], b[1])
  if height <= 0 or width <= 0:
    return 0.0
  common = height * width
  return common / (_size(a) + _size(b) - common)


def _is_near(a: Corners, b: Corners) -> bool:
  return all(abs(p - q) <= _ROUNDING for p, q in zip(a, b, strict=True))


def _size(box: Corners) -> float:
  return (box[2] - box[0]) * (box[3] - box[1])
