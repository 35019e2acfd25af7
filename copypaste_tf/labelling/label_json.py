"""Writes the labels of records as a COCO annotation file, one by one."""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence

import tensorflow as tf

from copypaste_tf import records, whole_files
from copypaste_tf.evaluation import groundtruth

_NOTE = 'Labels of a model; each annotation has its score.'


def write(
  path: str, shards: Sequence[str], names: Mapping[int, str]
) -> tuple[int, int]:
  """Writes images, annotations with scores, and categories.

  The memory does not grow with the number of records. Annotation ids count from
  1 in the order of the records. Segmentations are compressed RLEs.

  Args:
    path: the JSON file.
    shards: labelled record files.
    names: class names by category id.

  Returns:
    The numbers of images and of annotations.

  Raises:
    FileNotFoundError: a file does not exist.
    ValueError: a record cannot be read.
  """
  categories = [{'id': i, 'name': name} for i, name in sorted(names.items())]
  images = annotations = 0
  with (
    whole_files.replacing(path) as temporary,
    tf.io.gfile.GFile(temporary, 'w') as file,
    tempfile.TemporaryFile('w+', encoding='utf-8') as listed,
  ):
    file.write(f'{{"info": {json.dumps({"description": _NOTE})},\n')
    file.write(f'"categories": {json.dumps(categories)},\n"annotations": [')
    for _, _, record in records.read_records(shards):
      for entry in groundtruth.annotation_entries(record, annotations + 1):
        file.write(',\n' * (annotations > 0) + json.dumps(entry))
        annotations += 1
      entry = groundtruth.image_entry(record)
      listed.write(',\n' * (images > 0) + json.dumps(entry))
      images += 1
    file.write('],\n"images": [')
    listed.seek(0)
    shutil.copyfileobj(listed, file)
    file.write(']}\n')
  return images, annotations
