"""A data set without masks needs a flag."""

import pytest
from coco_folder import CocoFolder, label

from tfrecord_tools import coco_json, dataset_checks


def require(folder):
  path = str(folder.write())
  dataset_checks.require_masks(path, coco_json.load(path, stop=True))


def test_masks_are_required_where_there_are_objects(tmp_path):
  folder = CocoFolder(tmp_path / 'data')
  folder.add(1)
  require(folder)
  folder.add(2, label(1, 2, segmentation=[]))
  with pytest.raises(ValueError, match=r'instances\.json: no annotation has a'):
    require(folder)
  folder.add(3, label(2, 3))
  require(folder)
