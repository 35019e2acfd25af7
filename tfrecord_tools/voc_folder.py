"""Loads a VOCdevkit, or a folder of another set in its form."""

import functools
import os
from collections.abc import Callable, Sequence

from copypaste_tf.examples import VOID
from copypaste_tf.records import class_maps, voc_devkit, voc_xml
from copypaste_tf.records.voc_devkit import Member
from tfrecord_tools import (
  file_names,
  label_png,
  storage,
  voc_masks,
  voc_objects,
)
from tfrecord_tools.entries import (
  Category,
  Dataset,
  ImageEntry,
  ObjectEntry,
  PixelLabels,
  UnreadableObject,
)
from tfrecord_tools.faults import Drops, Note, SourceError
from tfrecord_tools.voc_files import Digest, VocFiles

_MOST_CLASSES = class_maps.LARGEST_CLASS
_MOST_OBJECTS = VOID - 1


def load(
  path: str,
  *,
  stop: bool,
  sets: Sequence[str],
  task: str = 'detection',
  box_origin: int = voc_xml.BOX_ORIGIN,
  skip_difficult: bool = False,
  classes: Sequence[str] = voc_xml.CLASSES,
) -> Dataset:
  """Loads the images of sets.

  Args:
    path: the VOCdevkit, which holds folders such as `VOC2012`.
    stop: whether the first fault raises instead of being counted.
    sets: such as `2012:trainval`; see `voc_devkit.image_sets`.
    task: a key of `TASKS`.
    box_origin: coordinate of the first column and of the first row, 1 or 0.
    skip_difficult: whether to leave out objects that are hard to recognise.
    classes: the classes; the category id of each is its place, from 1.

  Returns:
    The data set.

  Raises:
    ConversionError: `stop` is set and there is a fault.
    FileNotFoundError: there is no such list.
    ValueError: a list cannot be read, or an argument is not valid.
  """
  if task not in _TASKS:
    raise ValueError(f'task must be one of {TASKS}, got {task!r}')
  kind, read = _TASKS[task]
  members = voc_devkit.members(path, voc_devkit.image_sets(sets), kind)
  category_ids = _category_ids(classes)
  folder = VocFiles(path, category_ids, box_origin, skip_difficult, Digest())
  images, drops = {}, Drops(stop=stop)
  for number, member in members.items():
    try:
      images[number] = read(number, member, folder)
    except SourceError as fault:
      drops.image(number, fault)
  _remark_on_origin(folder, images.values())
  return Dataset(
    images=images,
    categories={i: Category(i, name) for name, i in category_ids.items()},
    num_images=len(members),
    num_annotations=sum(entry.num_labels for entry in images.values()),
    drops=drops,
    sha256=folder.digest.hexdigest(),
    size=folder.digest.size,
  )


def _category_ids(classes: Sequence[str]) -> dict[str, int]:
  names = [name.strip() for name in classes]
  ids = {name: number for number, name in enumerate(names, 1)}
  if len(ids) < len(names) or '' in ids or not 1 <= len(ids) <= _MOST_CLASSES:
    raise ValueError(
      f'--classes: expected 1 to {_MOST_CLASSES} different names, got '
      f'{", ".join(map(repr, names))}'
    )
  return ids


def _detection(number: int, member: Member, folder: VocFiles) -> ImageEntry:
  path, data = folder.required(member, 'Annotations', '.xml')
  content = voc_objects.parse(data, path, folder.box_origin)
  objects = [
    voc_objects.entry(found, f'{path}: object {k}', folder.category_ids)
    for k, found in enumerate(content.objects, 1)
  ]
  return _image(number, member, folder, objects, content, content.size)


def _instances(number: int, member: Member, folder: VocFiles) -> ImageEntry:
  path, data = folder.required(member, 'SegmentationClass', '.png')
  largest = len(folder.category_ids)
  classes = label_png.read(data, path, largest=largest)
  path, data = folder.required(member, 'SegmentationObject', '.png')
  shape = classes.ids.shape
  regions = label_png.read(data, path, largest=_MOST_OBJECTS, shape=shape)
  file, data = folder.file(member, 'Annotations', '.xml')
  notes = [*classes.notes, *regions.notes]
  content = voc_xml.Annotation('', None, ())
  if data is None:
    notes.append(Note('images_without_annotation_file', file))
  else:
    content = voc_objects.parse(data, file, folder.box_origin)
  objects = voc_masks.read(
    regions.ids,
    classes.ids,
    content.objects,
    path=path,
    category_ids=folder.category_ids,
  )
  if content.size not in (None, shape):
    raise SourceError(
      'label_png_of_another_size',
      f'{path}: height and width are {shape}, {file} says {content.size}',
    )
  return _image(number, member, folder, objects, content, shape, notes)


def _segmentation(number: int, member: Member, folder: VocFiles) -> ImageEntry:
  path, _ = folder.file(member, 'SegmentationClass', '.png')
  read = functools.partial(_class_map, path, len(folder.category_ids))
  return ImageEntry(number, (member.file_name,), (), read_class_map=read)


def _class_map(path: str, largest: int, shape: tuple[int, int]) -> PixelLabels:
  """Reads a class map, in the process that writes its record."""
  data = storage.read(path)
  if data is None:
    raise SourceError('missing_annotation_file', f'{path}: no such file')
  return label_png.read(data, path, largest=largest, shape=shape)


def _image(
  number: int,
  member: Member,
  folder: VocFiles,
  objects: Sequence[ObjectEntry | UnreadableObject],
  content: voc_xml.Annotation,
  size: tuple[int, int] | None,
  notes: Sequence[Note] = (),
) -> ImageEntry:
  """Returns the entry of an image with the objects to keep."""
  notes = list(notes)
  if folder.skip_difficult:
    kept = [item for item in objects if not _is_difficult(item)]
    left_out = len(objects) - len(kept)
    notes += [Note('difficult_objects_skipped')] * left_out
    objects = kept
  if size is None:
    notes.append(Note('sizes_from_files', 'the XML file states no size'))
  names = _file_names(member, content.filename, notes)
  return ImageEntry(number, names, tuple(objects), size, notes=tuple(notes))


def _file_names(
  member: Member, stated: str, notes: list[Note]
) -> tuple[str, ...]:
  """Returns the possible image files: as stated, then the JPEG of the list.

  The image may be no JPEG in a set of others, and tools that convert images
  may leave the old extension in the XML file.
  """
  (stated,) = file_names.parts(stated)[-1:] or ('',)
  stem, suffix = os.path.splitext(stated)
  if stem == member.name and suffix:
    folder = os.path.dirname(member.file_name)
    return tuple(dict.fromkeys((f'{folder}/{stated}', member.file_name)))
  if stem not in ('', member.name):
    detail = f'{member.name}.xml names {stated}'
    notes.append(Note('file_names_of_other_images', detail))
  return (member.file_name,)


def _is_difficult(item: ObjectEntry | UnreadableObject) -> bool:
  return isinstance(item, ObjectEntry) and bool(item.difficult)


def _remark_on_origin(folder: VocFiles, images) -> None:
  """Says so if boxes seem to count from 0."""
  boxes = [
    item.box
    for image in images
    for item in image.objects
    if isinstance(item, ObjectEntry) and item.box is not None
  ]
  before = sum(min(box[:2]) < 0 for box in boxes)
  if before and folder.box_origin:
    print(
      f'{folder.path}: {before} of {len(boxes)} boxes begin before the first '
      'column or row; if the set counts from 0, pass --box_origin=0.'
    )


_TASKS: dict[str, tuple[str, Callable[..., ImageEntry]]] = {
  'detection': (voc_devkit.DETECTION, _detection),
  'instances': (voc_devkit.SEGMENTATION, _instances),
  'segmentation': (voc_devkit.SEGMENTATION, _segmentation),
}
TASKS = tuple(_TASKS)
"""The tasks that records can be made for."""
