"""Reads ground truth in COCO format from records or an annotation file."""

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from copypaste_tf import garbage, records
from copypaste_tf.evaluation import json_stream
from copypaste_tf.records import files, id_planes, rle

_DECIMALS = 3  # Of a pixel; float32 resolves them up to 6000 pixels.


def from_annotations(
  path: str | os.PathLike,
  *,
  keys: Iterable[str] = ('images', 'annotations', 'categories'),
) -> dict[str, Any]:
  """Reads a COCO annotation file.

  Args:
    path: a JSON file.
    keys: lists that the file must have; a list of images without annotations
      has `images` only.

  Returns:
    COCO format.

  Raises:
    FileNotFoundError: there is no such file.
    ValueError: the file cannot be read, or is not in COCO format.
  """
  content = read_json(path)
  missing = set(keys) - (set(content) if isinstance(content, dict) else set())
  if missing:
    raise ValueError(
      f'{path} is no COCO annotation file: it has no {sorted(missing)}.'
    )
  for key in keys:
    _check_entries(content[key], key, path)
  return content


def _check_entries(entries: Any, key: str, path: str | os.PathLike) -> None:
  # Annotations are counted, not named: theirs may lack an id.
  needed = set() if key == 'annotations' else {'id'}
  if not isinstance(entries, list) or not all(
    isinstance(entry, dict) and needed <= entry.keys() for entry in entries
  ):
    raise ValueError(
      f'{path}: {key!r} must be a list of entries, each with an id.'
    )


def read_json(path: str | os.PathLike) -> Any:
  """Reads a JSON file, which may be compressed by gzip.

  Raises:
    FileNotFoundError: there is no such file.
    ValueError: the file cannot be read, or is not JSON.
  """
  with json_stream.explained(path), json_stream.opened(path) as file:
    # Bytes tell their encoding. Polygons are most of the memory.
    return json.loads(file.read(), parse_float=garbage.shared_floats())


def from_records(paths: Iterable[str]) -> dict[str, Any]:
  """Builds a COCO ground truth from TFRecord files.

  The categories are those that occur in the records. A category without a name
  is named by its id. Each has the facts that the manifest beside the records
  states about it, such as its `frequency`. Areas, boxes and crowd flags are as
  annotated. Annotations of records without masks have no `segmentation`, so
  they serve box AP only. Annotations carry `difficult` and `score`, and images
  carry `neg_category_ids` and `not_exhaustive_category_ids`, where the record
  states them.

  Args:
    paths: TFRecord files.

  Returns:
    COCO format. Every segmentation is a compressed RLE, every box is
    `[x, y, width, height]` in pixels.

  Raises:
    FileNotFoundError: a file does not exist.
    ValueError: a record cannot be read, or two have the same image id. The
      message names the file and the record.
  """
  paths = list(paths)
  images, annotations, places = [], [], {}
  names: dict[int, str] = {}
  for path, index, record in records.read_records(paths):
    place = f'{path}, record {index}'
    if record.source_id in places:
      raise ValueError(
        f'image id {record.source_id} is in two records: '
        f'{places[record.source_id]} and {place}.'
      )
    places[record.source_id] = place
    images.append(image_entry(record))
    annotations.extend(annotation_entries(record, len(annotations) + 1))
    for category, name in zip(record.classes, record.class_names, strict=True):
      names[int(category)] = names.get(int(category)) or name
  return {
    'images': images,
    'annotations': annotations,
    'categories': _categories(names, files.read_manifests(paths)),
  }


def _categories(
  names: Mapping[int, str], manifests: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
  details: dict[str, dict[str, Any]] = {}
  for manifest in manifests:
    details |= manifest.get('categories', {})
  return [
    {'id': key, 'name': names[key] or str(key), **details.get(str(key), {})}
    for key in sorted(names)
  ]


def image_entry(record: records.Record) -> dict[str, Any]:
  """Returns COCO's entry of the image of a record."""
  optional = {
    'neg_category_ids': record.neg_category_ids,
    'not_exhaustive_category_ids': record.not_exhaustive_category_ids,
  }
  return {
    'id': record.source_id,
    'height': record.height,
    'width': record.width,
    'file_name': record.filename,
    **{name: ids for name, ids in optional.items() if ids is not None},
  }


def annotation_entries(
  record: records.Record, first: int
) -> list[dict[str, Any]]:
  """Returns COCO's annotations of a record.

  Args:
    record: the record.
    first: id of its first annotation; the others follow.

  Returns:
    The entries, as `from_records` describes them.
  """
  size = (record.height, record.width)
  entries = []
  # Records hold float32 boxes relative to the image. Rounding restores the
  # annotated numbers. Otherwise an IoU of exactly 0.5 may fall to either side.
  boxes = record.boxes.astype(np.float64).round(_DECIMALS)
  boxes[:, 2:] = (boxes[:, 2:] - boxes[:, :2]).round(_DECIMALS)
  for i, (ymin, xmin, height, width) in enumerate(boxes.tolist()):
    entries.append(
      {
        'id': first + i,
        'image_id': record.source_id,
        'category_id': int(record.classes[i]),
        'bbox': [xmin, ymin, width, height],
        'area': float(record.areas[i]),
        'iscrowd': int(record.crowd[i]),
      }
    )
  for name, column in (
    ('difficult', record.difficult),
    ('score', record.scores),
  ):
    if column is not None:
      for entry, value in zip(entries, column.tolist(), strict=True):
        entry[name] = value
  if record.has_masks:
    masks = records.instance_masks(record)
    for entry, mask in zip(entries, masks, strict=True):
      crop = id_planes.crop(mask)
      entry['segmentation'] = rle.encode(crop, size)
  return entries
