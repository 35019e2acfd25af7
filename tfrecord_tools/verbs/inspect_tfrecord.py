"""Finds records, describes and draws them."""

import io
import itertools
import sys
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from absl import flags
from PIL import Image

from copypaste_tf import drawing, printable, records, whole_files
from copypaste_tf.drawing import class_maps
from copypaste_tf.examples import VOID
from tfrecord_tools import validation

COLUMNS = 4


def find(
  paths: Iterable[str], *, limit: int, source_ids: Iterable[int] = ()
) -> Iterator[tuple[str, int, records.Record]]:
  """Finds records.

  Args:
    paths: TFRecord files.
    limit: largest number of records; 0 is no limit.
    source_ids: image ids to find; empty finds all.

  Yields:
    File, index in the file, record.

  Raises:
    ValueError: a record cannot be read.
  """
  wanted = set(source_ids)
  matches = (
    item
    for item in records.read_records(paths)
    if not wanted or item[2].source_id in wanted
  )
  return itertools.islice(matches, limit or None)


def describe(path: str, index: int, record: records.Record) -> str:
  """Formats a record.

  Args:
    path: file of the record.
    index: index of the record in the file.
    record: the record.

  Returns:
    Several lines: the image, its lists of categories, its class map, then a
    line per object.
  """
  count = len(record.planes)
  masks = f'{count} id planes' if record.has_masks else 'no masks'
  size = len(record.image_bytes)
  lines = [
    f'{path}: record {index}',
    f'  source_id {record.source_id}  {printable.escape(record.filename)}  '
    f'{record.height}x{record.width} {record.image_format} of {size} bytes, '
    f'{len(record.classes)} objects, {masks}'
    f'{", labelled by a model" if record.pseudo else ""}',
  ]
  federated = ('neg_category_ids', 'not_exhaustive_category_ids')
  lists = {name: getattr(record, name) for name in federated}
  lines += [f'  {key}: {ids}' for key, ids in lists.items() if ids is not None]
  if record.class_map is not None:
    lines.append(f'  class map: {_shares(record.class_map)}')
  lines += [_object(record, i) for i in range(len(record.classes))]
  return '\n'.join(lines)


def draw(record: records.Record) -> np.ndarray:
  """Draws the objects of a record over its image.

  Args:
    record: the record.

  Returns:
    `[h, w, 3]` uint8 RGB.
  """
  with Image.open(io.BytesIO(record.image_bytes)) as image:
    pixels = np.asarray(image.convert('RGB'))
  masks = list(records.instance_masks(record)) if record.has_masks else None
  captions = [_caption(record, i) for i in range(len(record.classes))]
  if record.class_map is not None:
    pixels = class_maps.draw_class_map(pixels, record.class_map, {})
  colors = drawing.instance_colors(record.classes)
  return drawing.draw_instances(pixels, record.boxes, masks, captions, colors)


def _shares(class_map: np.ndarray) -> str:
  """Returns the share of the pixels of each class, such as `0 62.5%`."""
  ids, counts = np.unique(class_map, return_counts=True)
  shares = zip(ids.tolist(), counts / class_map.size, strict=True)
  names = {VOID: 'void'}
  return ', '.join(f'{names.get(k, k)} {share:.1%}' for k, share in shares)


def _object(record: records.Record, i: int) -> str:
  box = ' '.join(f'{side:8.2f}' for side in record.boxes[i])
  plane, value = divmod(int(record.ids[i]), 256)
  where = f'plane {plane} id {value}' if value else 'no pixel'
  name = printable.escape(record.class_names[i])
  return (
    f'  {i:4} {record.classes[i]:5} {name:20} '
    f'box (yxyx) {box}  area {record.areas[i]:10.1f}  {where}'
    f'{_remarks(record, i)}'
  )


def _remarks(record: records.Record, i: int) -> str:
  remarks = ['crowd'] if record.crowd[i] else []
  if record.difficult is not None and record.difficult[i]:
    remarks.append('difficult')
  if record.scores is not None:
    remarks.append(f'score {record.scores[i]:.3f}')
  return ''.join(f'  {remark}' for remark in remarks)


def _caption(record: records.Record, i: int) -> str:
  name = record.class_names[i] or str(record.classes[i])
  return f'{name} (crowd)' if record.crowd[i] else name


def numbers(source_ids: Sequence[str]) -> list[int]:
  """Reads image ids.

  Args:
    source_ids: such as `['3', '17']`.

  Returns:
    The numbers.

  Raises:
    ValueError: an id is no number.
  """
  try:
    return [int(number) for number in source_ids]
  except ValueError as error:
    raise ValueError(
      f'--source_id: expected integers, got {list(source_ids)}; for other ids '
      'the manifest lists their numbers as image_ids.'
    ) from error


def main() -> None:
  """Prints and draws the records that the flags select."""
  values = flags.FLAGS
  pictures = []
  paths = validation.expand(values.input)
  wanted = numbers(values.source_id)
  count = 0
  limit = 0 if wanted else values.limit
  matches = find(paths, limit=limit, source_ids=wanted)
  for path, index, record in matches:
    print(describe(path, index, record), flush=True)
    count += 1
    if values.draw:
      pictures.append(draw(record))
    wanted = [number for number in wanted if number != record.source_id]
  if values.draw and pictures:
    columns = min(COLUMNS, len(pictures))
    sheet = drawing.tile(pictures, columns)
    whole_files.write_bytes(values.draw, drawing.png_bytes(sheet))
    print(f'drew {len(pictures)} records to {values.draw}')
  if not count and not wanted:
    sys.exit(f'error: there is no record in {", ".join(paths)}.')
  if wanted:
    sys.exit(f'error: no record has the source_id {wanted}.')
