"""Reads ground truth in COCO format from the annotations of a VOCdevkit."""

from collections.abc import Sequence
from typing import Any

from copypaste_tf.records import voc_devkit, voc_xml
from copypaste_tf.records.voc_devkit import Member

_IDS = {name: number for number, name in enumerate(voc_xml.CLASSES, 1)}


def from_devkit(voc_dir: str, sets: Sequence[str]) -> dict[str, Any]:
  """Reads the labels of sets; images themselves need not be there.

  The image ids are those of `voc_devkit.source_id`, the categories the twenty
  classes with their ids. Boxes are continuous and not clipped.

  Args:
    voc_dir: the VOCdevkit, which holds folders such as `VOC2012`.
    sets: such as `2012:trainval`.

  Returns:
    COCO format. Annotations have `difficult` and no `segmentation`.

  Raises:
    FileNotFoundError: a list or an annotation file is missing.
    ValueError: a list or an annotation is faulty. The message names the file.
  """
  members = voc_devkit.members(voc_dir, voc_devkit.image_sets(sets))
  images, annotations = [], []
  for image_id, member in members.items():
    path = member.path(voc_dir, 'Annotations', '.xml')
    content = voc_xml.parse(voc_devkit.read(path), path)
    images.append(_image(image_id, member, content))
    for number, entry in enumerate(content.objects, 1):
      place = f'{path}: object {number} ({entry.name})'
      annotations.append(
        {'id': len(annotations) + 1, 'image_id': image_id}
        | _annotation(entry, place)
      )
  return {
    'images': images,
    'annotations': annotations,
    'categories': [{'id': i, 'name': name} for name, i in _IDS.items()],
  }


def _image(
  image_id: int, member: Member, content: voc_xml.Annotation
) -> dict[str, Any]:
  image = {'id': image_id, 'file_name': member.file_name}
  if content.size is None:  # A custom set may not state it; boxes need none.
    return image
  return image | dict(zip(('height', 'width'), content.size, strict=True))


def _annotation(entry: voc_xml.VocObject, place: str) -> dict[str, Any]:
  if entry.name not in _IDS:
    raise ValueError(
      f'{place}: the class is none of the {len(_IDS)} of Pascal VOC; convert a '
      'set with other classes to records and evaluate with these'
    )
  xmin, ymin, xmax, ymax = entry.box
  width, height = xmax - xmin, ymax - ymin
  if min(width, height) <= 0:
    raise ValueError(
      f'{place}: expected xmin <= xmax and ymin <= ymax, got a box of '
      f'{width:g} x {height:g} pixels'
    )
  return {
    'category_id': _IDS[entry.name],
    'bbox': [xmin, ymin, width, height],
    'area': width * height,
    'iscrowd': 0,
    'difficult': int(bool(entry.difficult)),
  }
