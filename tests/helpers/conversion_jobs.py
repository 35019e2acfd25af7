"""Builds conversion jobs of a small COCO folder."""

from coco_folder import CocoFolder, label

from tfrecord_tools import coco_json, conversion
from tfrecord_tools.entries import Category


def folder_of_two(path):
  dataset = CocoFolder(path)
  dataset.add(1, label(1), label(2, category_id=90, iscrowd=1))
  dataset.add(2, label(3, 2, category_id=4))
  return dataset


def job_of(folder, **changes):
  fields = {
    'image_dir': str(folder.path / 'images'),
    'output_prefix': str(folder.path / 'x'),
    'num_shards': 3,
    'include_masks': True,
    'stop': False,
    'categories': {3: Category(3, 'cat'), 90: Category(90, 'dog')},
    'arguments': {},
    'fingerprint': 'f',
  }
  return conversion.Job(**fields | changes)


def entries(folder):
  return list(coco_json.load(str(folder.write()), stop=True).images.values())
