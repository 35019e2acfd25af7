"""Converts small COCO folders and reads the records back."""

import glob
import hashlib
import pathlib

from coco_folder import label

from copypaste_tf import records
from tfrecord_tools import (
  dataset_conversion,
)


def convert(folder, **changes):
  options = dataset_conversion.Options(**folder.flags(**changes))
  return dataset_conversion.convert(options)


def read(folder, prefix='data'):
  paths = sorted(glob.glob(str(folder.path / f'out/{prefix}-*.tfrecord')))
  converted = [record for _, _, record in records.read_records(paths)]
  return {record.source_id: record for record in converted}


def digests(folder):
  out = pathlib.Path(folder.path) / 'out'
  return {
    p.name: hashlib.sha256(p.read_bytes()).hexdigest()
    for p in sorted(out.iterdir())
  }


def assert_adds_up(manifest):
  for counts in manifest['counts'].values():
    assert counts['in'] == sum(v for k, v in counts.items() if k != 'in')
  for kind in ('images', 'annotations'):
    dropped = sum(manifest['dropped'][kind].values())
    assert dropped == manifest['counts'][kind]['dropped']
  examples = sum(shard['num_examples'] for shard in manifest['shards'])
  assert examples == manifest['num_examples']


def cut(path):
  path.write_bytes(path.read_bytes()[:-60])


def many(folder, count=40):
  for image_id in range(1, count + 1):
    folder.add(image_id, label(image_id, image_id))
  return folder
