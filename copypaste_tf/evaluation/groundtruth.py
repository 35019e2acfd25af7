"""Ground truth in COCO format, from records or from an annotation file."""

import json
import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from copypaste_tf import records
from copypaste_tf.records import id_planes, rle

_DECIMALS = 3  # Of a pixel; float32 tells them apart up to 6000 pixels.


def from_annotations(path: str | os.PathLike) -> dict[str, Any]:
  """Reads a COCO annotation file.

  Args:
    path: a JSON file.

  Returns:
    COCO format.

  Raises:
    FileNotFoundError: there is no such file.
    ValueError: it is not COCO format.
  """
  with open(path) as file:
    try:
      content = json.load(file)
    except json.JSONDecodeError as error:
      raise ValueError(f'{path} is not JSON: {error}.') from error
  missing = {'images', 'annotations', 'categories'}
  missing -= set(content) if isinstance(content, dict) else set()
  if missing:
    raise ValueError(
      f'{path} is no COCO annotation file: it has no {sorted(missing)}.'
    )
  return content


def from_records(paths: Iterable[str]) -> dict[str, Any]:
  """Makes a COCO ground truth of TFRecord files.

  Categories are those that occur in the records; one without a name is named
  by its id. Areas, boxes and crowd flags are as annotated. Records made without
  masks give annotations without `segmentation`, good for box AP only.

  Args:
    paths: TFRecord files.

  Returns:
    COCO format; every segmentation is a compressed RLE.

  Raises:
    FileNotFoundError: there is no such file.
    ValueError: a record cannot be read, or two have the same image id; the
      message names file and record.
  """
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
    images.append(_image(record))
    annotations.extend(_annotations(record, len(annotations) + 1))
    for category, name in zip(record.classes, record.class_names, strict=True):
      names[int(category)] = names.get(int(category)) or name
  return {
    'images': images,
    'annotations': annotations,
    'categories': [
      {'id': key, 'name': names[key] or str(key)} for key in sorted(names)
    ],
  }


def _image(record: records.Record) -> dict[str, Any]:
  return {
    'id': record.source_id,
    'height': record.height,
    'width': record.width,
    'file_name': record.filename,
  }


def _annotations(record: records.Record, first: int) -> list[dict[str, Any]]:
  size = (record.height, record.width)
  entries = []
  # Records hold boxes as float32 parts of the image. Rounding restores what was
  # annotated, without which an IoU of exactly 0.5 would fall to either side.
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
  if record.has_masks:
    masks = records.instance_masks(record)
    for entry, mask in zip(entries, masks, strict=True):
      crop = id_planes.crop(mask)
      entry['segmentation'] = rle.encode(crop, size)
  return entries
