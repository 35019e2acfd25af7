"""Conversions of small COCO folders through the converter itself."""

import glob
import hashlib
import pathlib

import pytest
from coco_folder import CocoFolder, label

from copypaste_tf import records
from tfrecord_tools import (
  coco_conversion,
)


def convert(folder, **changes):
  options = coco_conversion.Options(**folder.flags(**changes))
  return coco_conversion.convert(options)


def read(folder, prefix='data'):
  paths = sorted(glob.glob(str(folder.path / f'out/{prefix}-*.tfrecord')))
  found = [record for _, _, record in records.read_records(paths)]
  return {record.source_id: record for record in found}


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


@pytest.fixture
def folder(tmp_path):
  return CocoFolder(tmp_path / 'data')


def cut(path):
  path.write_bytes(path.read_bytes()[:-60])


def many(folder, count=40):
  for image_id in range(1, count + 1):
    folder.add(image_id, label(image_id, image_id))
  return folder
