"""Turns the objects of Pascal VOC's XML files into entries."""

from collections.abc import Iterator, Mapping

from copypaste_tf.records import voc_xml
from copypaste_tf.records.voc_xml import VocObject
from tfrecord_tools.box_forms import Corners
from tfrecord_tools.entries import ObjectEntry, UnreadableObject
from tfrecord_tools.faults import Note, SourceError, shown

_NUM_NAMES = 20  # In a message.


def parse(data: bytes, path: str, box_origin: int) -> voc_xml.Annotation:
  """Reads an XML file; see `voc_xml.parse`.

  Raises:
    SourceError: the file, or an object in it, is malformed.
  """
  try:
    return voc_xml.parse(data, path, box_origin=box_origin)
  except ValueError as error:
    raise SourceError('malformed_annotation_file', str(error)) from error


def entry(
  found: VocObject, place: str, category_ids: Mapping[str, int]
) -> ObjectEntry | UnreadableObject:
  """Returns the entry of an object, without a mask.

  Args:
    found: the object.
    place: its file and number, which messages name.
    category_ids: ids by the names of the classes.
  """
  number = category_ids.get(found.name)
  if number is None:
    return UnreadableObject(place, _unknown(found.name, category_ids))
  return ObjectEntry(
    category_id=number,
    box=corners(found),
    read_mask=None,
    id=place,
    difficult=found.difficult,
    notes=tuple(notes(found)),
  )


def corners(found: VocObject) -> Corners:
  """Returns `(ymin, xmin, ymax, xmax)` of an object."""
  left, top, right, bottom = found.box
  return top, left, bottom, right


def notes(found: VocObject) -> Iterator[Note]:
  """Yields what is unusual about an object that is read."""
  if found.difficult is None:
    yield Note('objects_without_difficult_flag')
  if not all(float(side).is_integer() for side in found.box):
    yield Note('boxes_with_fractions', f'{found.name} {found.box}')


def _unknown(name: str, category_ids: Mapping[str, int]) -> SourceError:
  names = list(category_ids)
  more = ', ...' if len(names) > _NUM_NAMES else ''
  return SourceError(
    'unknown_category',
    f'{shown(name)} is none of the classes {", ".join(names[:_NUM_NAMES])}'
    f'{more}; name all classes of the set by --classes',
  )
