"""Conversion jobs of a small COCO folder."""

import pytest
from coco_folder import CocoFolder, label

from tfrecord_tools import conversion


@pytest.fixture
def folder(tmp_path):
  made = CocoFolder(tmp_path / 'data')
  made.add(1, label(1), label(2, category_id=90, iscrowd=1))
  made.add(2, label(3, 2, category_id=4))
  return made


def job_of(folder, **changes):
  fields = {
    'image_dir': str(folder.path / 'images'),
    'output_prefix': str(folder.path / 'x'),
    'num_shards': 3,
    'include_masks': True,
    'stop': False,
    'categories': {3: 'cat', 90: 'dog'},
    'fingerprint': 'f',
  }
  return conversion.Job(**fields | changes)


def entries(folder):
  labels = folder.annotations
  return [
    (i['id'], i, [a for a in labels if a['image_id'] == i['id']])
    for i in folder.images
  ]
