"""A data set without masks needs a flag."""

import pytest
from coco_folder import CocoFolder, label

from tfrecord_tools import coco_json, dataset_checks


def require(folder):
  path = str(folder.write())
  dataset_checks.require_masks(path, coco_json.load(path, stop=True))


def require_images(folder):
  path = str(folder.write())
  dataset_checks.require_images(path, coco_json.load(path, stop=False))


def test_a_file_without_images_or_categories_is_refused(tmp_path):
  folder = CocoFolder(tmp_path / 'data')
  with pytest.raises(ValueError, match='"images" is empty'):
    require_images(folder)
  folder.add(1)
  folder.categories = []
  require_images(folder)
  folder.add(2, label(1, 2))
  with pytest.raises(ValueError, match='categories of 1 annotations'):
    require_images(folder)


def test_unreadable_objects_do_not_count_as_objects_without_masks(tmp_path):
  folder = CocoFolder(tmp_path / 'data')
  folder.add(1, label(1, iscrowd=2))
  path = str(folder.write())
  dataset_checks.require_masks(path, coco_json.load(path, stop=False))


def test_masks_are_required_where_there_are_objects(tmp_path):
  folder = CocoFolder(tmp_path / 'data')
  folder.add(1)
  require(folder)
  folder.add(2, label(1, 2, segmentation=[]))
  with pytest.raises(ValueError, match=r'instances\.json: no annotation has a'):
    require(folder)
  folder.add(3, label(2, 3))
  require(folder)
