"""Reads the objects of an image from Pascal VOC's segmentation PNGs.

One PNG has the number of the object at each pixel, another one the class. The
XML file lists objects, too, in an order of its own. It may list more of them,
since small ones can be void, and several may be one region.
"""

import functools
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from pycocotools import mask as coco_mask

from copypaste_tf.examples import VOID
from copypaste_tf.records import id_planes
from copypaste_tf.records.voc_xml import VocObject
from tfrecord_tools import box_forms, segmentation, voc_objects
from tfrecord_tools.box_forms import Corners
from tfrecord_tools.entries import ObjectEntry, UnreadableObject
from tfrecord_tools.faults import SourceError
from tfrecord_tools.label_png import BACKGROUND

# Minimum fraction of a mask's box that lies within the box of its object.
_INSIDE = 0.5


class _Mask(NamedTuple):
  """A region of the class `category`, `[h, w]` bool."""

  category: int
  region: np.ndarray

  @property
  def box(self) -> Corners:
    """Tight box `(ymin, xmin, ymax, xmax)` in pixels."""
    return box_forms.box_of(id_planes.crop(self.region))


def read(
  objects: np.ndarray,
  classes: np.ndarray,
  listed: Sequence[VocObject],
  *,
  path: str,
  category_ids: Mapping[str, int],
) -> list[ObjectEntry | UnreadableObject]:
  """Reads the objects with their masks.

  A mask is matched with an object of the XML file that has the same class. Most
  of the mask's box must lie within the object's box, and pairs of larger IoU
  are matched first. The mask takes the object's `difficult` flag. It takes the
  object's box, too, if the two boxes agree, and else its own tight box.

  Args:
    objects: `[h, w]` uint8, the number of the object at each pixel; 0 and 255
      are nobody's.
    classes: `[h, w]` uint8, the class of each pixel.
    listed: the objects of the XML file.
    path: path of the file of objects, for messages.
    category_ids: ids by the names of the classes.

  Returns:
    An entry for each object number, with a fault if its class is not clear. An
    object of the XML file that has no mask follows as one that cannot be read.
  """
  entries: list[ObjectEntry | UnreadableObject] = []
  masks: dict[str, _Mask] = {}
  for number in np.unique(objects).tolist():
    if number in (BACKGROUND, VOID):
      continue
    place = f'{path}: object {number}'
    region = (objects == number) & (classes != VOID)
    try:
      category = _class_of(classes[region])
    except SourceError as fault:
      entries.append(UnreadableObject(place, fault))
    else:
      masks[place] = _Mask(category, region)
  owners = _owners(masks, listed, category_ids)
  for place, mask in masks.items():
    owner = listed[owners[place]] if place in owners else None
    entries.append(_entry(place, mask, owner))
  return [*entries, *_without_masks(listed, owners.values(), path)]


def _class_of(pixels: np.ndarray) -> int:
  """Returns the class of an object's pixels, of which none is void."""
  found = np.unique(pixels).tolist()
  if len(found) == 1 and found != [BACKGROUND]:
    return found[0]
  got = ', '.join(map(str, found)) or 'void alone'
  raise SourceError(
    'object_without_one_class',
    f'expected one class under the pixels of the object, got {got}',
  )


def _owners(
  masks: Mapping[str, _Mask],
  listed: Sequence[VocObject],
  category_ids: Mapping[str, int],
) -> dict[str, int]:
  """Matches masks with listed objects, pairs of the largest IoU first."""
  pairs = []
  for place, mask in masks.items():
    for k, found in enumerate(listed):
      if category_ids.get(found.name) == mask.category:
        common, union = _common(mask.box, voc_objects.corners(found))
        if common >= _INSIDE * _area(mask.box):
          pairs.append((-common / union, place, k))
  owners: dict[str, int] = {}
  for _, place, k in sorted(pairs):
    if place not in owners and k not in owners.values():
      owners[place] = k
  return owners


def _common(one: Corners, other: Corners) -> tuple[float, float]:
  """Returns the areas of the intersection and of the union of two boxes."""
  top, left = max(one[0], other[0]), max(one[1], other[1])
  bottom, right = min(one[2], other[2]), min(one[3], other[3])
  common = max(bottom - top, 0) * max(right - left, 0)
  return common, _area(one) + _area(other) - common


def _area(box: Corners) -> float:
  return (box[2] - box[0]) * (box[3] - box[1])


def _entry(place: str, mask: _Mask, owner: VocObject | None) -> ObjectEntry:
  """Returns the entry of a mask, with the facts of its listed object."""
  box = mask.box
  # A box of hidden or void parts says little about a small visible part.
  if owner and box_forms.is_same_object(voc_objects.corners(owner), box):
    box = voc_objects.corners(owner)
  encoded = coco_mask.encode(np.asfortranarray(mask.region, np.uint8))
  rle = {'counts': encoded['counts'].decode(), 'size': [*mask.region.shape]}
  return ObjectEntry(
    category_id=mask.category,
    box=box,
    read_mask=functools.partial(segmentation.read, rle),
    area=float(mask.region.sum()),
    id=place,
    difficult=owner and owner.difficult,
    notes=tuple(voc_objects.notes(owner)) if owner else (),
  )


def _without_masks(
  listed: Sequence[VocObject], owned: Collection[int], path: str
) -> Iterator[UnreadableObject]:
  """Yields the listed objects that no mask belongs to."""
  for k, found in enumerate(listed):
    if k not in owned:
      fault = SourceError(
        'no_mask',
        f'no region of {path} belongs to the {found.name} with the box '
        f'{voc_objects.corners(found)}',
      )
      yield UnreadableObject(f'object {k + 1} of the XML file', fault)
