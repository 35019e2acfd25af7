"""Recognises annotation files of other formats by their keys."""

from collections.abc import Callable
from typing import Any

from tfrecord_tools.faults import shown

_Data = dict[str, Any] | list[Any]
_WANTED = (
  'expected COCO instances, an object with the lists "images", "annotations" '
  'and "categories"'
)


def refuse(path: str, data: Any) -> None:
  """Refuses data that belong to another known format, or to none.

  Args:
    path: the file, for the message.
    data: its decoded JSON.

  Raises:
    ValueError: the data are not COCO instances; the message says what they
      are, if that is known, and what is wanted.
  """
  name = _name(data)
  if name:
    raise ValueError(f'{path}: {_WANTED}; this is {name}.')
  if not isinstance(data, dict) or not isinstance(
    data.get('images'), list | dict
  ):
    raise ValueError(f'{path}: {_WANTED}; got {_shown(data)}.')


def _shown(data: Any) -> str:
  if isinstance(data, dict) and 'images' in data:
    return f'"images" that is {type(data["images"]).__name__}'
  if isinstance(data, dict):
    return f'an object with the keys {[str(k)[:40] for k in list(data)[:8]]}'
  if isinstance(data, list):
    first = f' of {type(data[0]).__name__}' if data else ''
    return f'a list{first} with {len(data)} elements'
  return f'{type(data).__name__} {shown(data)}'


def _name(data: Any) -> str | None:
  if isinstance(data, dict):
    return _first(_OBJECTS, data) or _name_by_annotations(data)
  if isinstance(data, list) and data and isinstance(data[0], dict):
    return _first(_LISTS, data[0])
  return None


def _first(
  table: tuple[tuple[str, Callable[[_Data], bool]], ...], data: _Data
) -> str | None:
  return next((name for name, fits in table if fits(data)), None)


def _has(*keys: str) -> Callable[[_Data], bool]:
  return lambda data: all(key in data for key in keys)


def _is_via(data: dict[str, Any]) -> bool:
  if any(str(key).startswith('_via_') for key in data):
    return True
  values = [v for v in data.values() if isinstance(v, dict)][:1]
  return any('regions' in value and 'filename' in value for value in values)


def _is_geojson(data: dict[str, Any]) -> bool:
  return data.get('type') in ('FeatureCollection', 'Feature')


_OBJECTS = (
  ('GeoJSON; its coordinates have to become pixels first', _is_geojson),
  (
    'a project of the VGG Image Annotator; export it as COCO format',
    _is_via,
  ),
  (
    'a labelme file of one image; convert the folder of such files with '
    "labelme's labelme2coco.py",
    lambda data: 'shapes' in data and 'images' not in data,
  ),
  (
    'Datumaro; convert it with "datum convert -f coco_instances"',
    _has('items', 'categories', 'infos'),
  ),
  ('a file of Cityscapes or the like', _has('imgHeight', 'objects')),
  ('a Supervisely file of one image; export COCO', _has('size', 'objects')),
  (
    'a file of videos, such as YouTube-VIS; make an image entry of each frame',
    lambda data: 'videos' in data and not data.get('images'),
  ),
)
_LISTS = (
  (
    'a list of detections, such as the results of a detector; give the '
    'annotation file that the detector was run on',
    lambda first: (
      'image_id' in first
      and ('score' in first or 'category_id' in first or 'caption' in first)
    ),
  ),
  (
    "Label Studio's own JSON; export it as COCO",
    lambda first: (
      'data' in first and ('annotations' in first or 'completions' in first)
    ),
  ),
  (
    "Detectron2's list of dicts; write it with convert_to_coco_json of "
    'detectron2.data.datasets.coco',
    lambda first: 'file_name' in first and 'annotations' in first,
  ),
  (
    'CreateML; export it as COCO',
    lambda first: (
      isinstance(first.get('image'), str) and 'annotations' in first
    ),
  ),
  (
    'BDD100K or Scale; convert it to COCO',
    lambda first: 'labels' in first and 'name' in first,
  ),
  (
    'Labelbox; convert it to COCO',
    lambda first: 'data_row' in first or 'Labeled Data' in first,
  ),
)
_USABLE = ('segmentation', 'bbox')
_KINDS = (
  (
    'segments_info',
    'a panoptic file ("segments_info"); give the instances, such as '
    'instances_val2017.json in place of panoptic_val2017.json',
  ),
  (
    'caption',
    'a file of captions; give the instances, such as instances_val2017.json in '
    'place of captions_val2017.json',
  ),
  (
    'keypoints',
    'a file of keypoints without boxes and masks; give the instances',
  ),
  (
    'question',
    'a file of questions about images; give the instances',
  ),
  (
    'category_id',
    'a file of labels of whole images, without boxes and masks; give the '
    'instances',
  ),
)


def _name_by_annotations(data: dict[str, Any]) -> str | None:
  """Names a file whose annotations hold neither boxes nor masks."""
  annotations = data.get('annotations')
  if isinstance(annotations, dict):
    annotations = list(annotations.values())
  if not isinstance(annotations, list):
    return None
  objects = [a for a in annotations if isinstance(a, dict)]
  if not objects or any(key in a for a in objects for key in _USABLE):
    return None
  return next(
    (name for key, name in _KINDS if any(key in a for a in objects)), None
  )
