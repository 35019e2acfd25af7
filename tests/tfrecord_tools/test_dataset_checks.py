"""A data set without masks needs a flag."""

import pytest
from coco_folder import CocoFolder, label

from tfrecord_tools import coco_json, dataset_checks
from tfrecord_tools.entries import ImageEntry
from tfrecord_tools.faults import SourceError


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


def missing_folders(*entries):
  stated = dict(enumerate(ImageEntry(0, names, ()) for names, _ in entries))
  fault = SourceError('missing_image', 'x')
  resolved = {
    number: entry._replace(fault=None if there else fault)
    for (number, entry), (_, there) in zip(stated.items(), entries, strict=True)
  }
  return list(dataset_checks.missing_folders(stated, resolved, '/data'))


def test_the_folders_of_a_file_are_named_if_half_of_its_images_are_missing():
  train = ('train2017/1.jpg', '1.jpg')
  val = ('COCO_2.jpg', 'val2017/2.jpg', '2.jpg')
  (told,) = missing_folders((train, False), (train, True), (val, False))
  assert told.startswith('2 of 3 images are missing in --image_dir=/data')
  assert 'wants images of train2017 (2), val2017 (1)' in told
  assert not missing_folders((train, False), (train, True))
  assert not missing_folders((('1.jpg',), False)), 'names without a folder'
