"""Finds the form in which the boxes of a data set are written."""

import itertools
from collections.abc import Iterator

from tfrecord_tools import box_forms
from tfrecord_tools.entries import Dataset, ImageEntry, ObjectEntry
from tfrecord_tools.faults import SourceError

_OBJECTS = 200
_PER_IMAGE = 3
_FEW_OUTSIDE = 0.1
# If at least this many boxes all lie in a corner of large images, they seem to
# be percentages.
_PERCENTAGES = 12
_LARGE_SIDE = 250
_LARGEST_SIDE = 2**16  # Larger sizes are not those of an image.


def form_of(path: str, dataset: Dataset) -> str | None:
  """Compares boxes with masks, for some objects, and says what it finds.

  Args:
    path: the annotation file, for the message.
    dataset: its content.

  Returns:
    The form that fits the masks of most objects, None if it is the standard
    one or there is nothing to compare.

  Raises:
    ValueError: there are no masks, and the boxes cannot be of the standard
      form.
  """
  pairs = list(itertools.islice(_pairs(dataset), _OBJECTS))
  if not pairs:
    _refuse_other_forms(path, dataset)
  form = box_forms.common_form(pairs)
  if form:
    good = sum(box_forms.fits(p.box, p.mask) for p in pairs)
    print(
      f'{path}: {len(pairs) - good} of {len(pairs)} boxes do not fit their '
      f'masks as {box_forms.STANDARD}, most of them do as {form}. All boxes '
      'are read so.'
    )
  return form


def _refuse_other_forms(path: str, dataset: Dataset) -> None:
  """Refuses boxes without masks that are plainly of another form."""
  boxes = list(itertools.islice(_boxes(dataset), _OBJECTS))
  if not boxes:
    return
  reason = None
  if all(box_forms.are_fractions(box) for box, _ in boxes):
    reason = 'lie within one pixel, so that they seem to be fractions'
  elif all(box_forms.are_corners(box, shape) for box, shape in boxes):
    outside = sum(box_forms.leads_out(box, shape) for box, shape in boxes)
    if outside > _FEW_OUTSIDE * len(boxes):
      reason = (
        f'fit as {box_forms.CORNERS}, and {outside} lead out of their images'
      )
  if reason:
    raise ValueError(
      f'{path}: expected boxes {box_forms.STANDARD} in pixels; all '
      f'{len(boxes)} that were compared {reason}. Convert them.'
    )
  if _seem_percentages(boxes):
    print(
      f'{path}: expected boxes {box_forms.STANDARD} in pixels; no number of '
      f'the {len(boxes)} boxes that were compared is above 100, in images of '
      f'at least {_LARGE_SIDE} pixels. If they are percentages, convert them.'
    )


def _seem_percentages(
  boxes: list[tuple[box_forms.Corners, box_forms.Shape]],
) -> bool:
  return len(boxes) >= _PERCENTAGES and all(
    box_forms.are_fractions(box, 100) and min(shape) >= _LARGE_SIDE
    for box, shape in boxes
  )


def _boxes(
  dataset: Dataset,
) -> Iterator[tuple[box_forms.Corners, box_forms.Shape]]:
  for entry in _sized(dataset):
    for item in itertools.islice(entry.objects, _PER_IMAGE):
      if isinstance(item, ObjectEntry) and item.box:
        yield item.box, entry.size


def _sized(dataset: Dataset) -> Iterator[ImageEntry]:
  # In the order of the ids, so that the order of the file does not matter.
  for number in sorted(dataset.images):
    entry = dataset.images[number]
    sides = entry.size or (None,)
    if None not in sides and max(sides) <= _LARGEST_SIDE:
      yield entry


def _pairs(dataset: Dataset) -> Iterator[box_forms.Pair]:
  for entry in _sized(dataset):
    yield from _pairs_of(entry)


def _pairs_of(entry: ImageEntry) -> Iterator[box_forms.Pair]:
  for item in itertools.islice(entry.objects, _PER_IMAGE):
    if not isinstance(item, ObjectEntry) or not item.read_mask or not item.box:
      continue
    try:
      crop = item.read_mask(entry.size)
    except SourceError:
      continue
    if crop.mask.size:
      mask = box_forms.box_of(crop)
      yield box_forms.Pair(item.box, mask, entry.size)
