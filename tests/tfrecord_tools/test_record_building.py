"""Tests the record of an image and its placed objects."""

import numpy as np
from coco_folder import label

from copypaste_tf import records
from copypaste_tf.records import png
from copypaste_tf.records.id_planes import Crop
from tfrecord_tools import annotations, coco_objects, record_building
from tfrecord_tools.entries import Category
from tfrecord_tools.images import StoredImage

IMAGE = StoredImage(b'data', 'png', (60, 80), (60, 80), 1, False)
CATEGORIES = {3: Category(3, 'cat'), 90: Category(90, 'dog')}


def build(*changes, include_masks=True):
  objects = [
    annotations.place(
      coco_objects.object_entry(label(7 + i, **change)),
      frame=annotations.Frame((60, 80), 1, False),
      categories=CATEGORIES,
      include_masks=include_masks,
    )
    for i, change in enumerate(changes)
  ]
  return record_building.build(
    IMAGE,
    objects,
    categories=CATEGORIES,
    include_masks=include_masks,
    filename='a.png',
    source_id=5,
  )


def test_objects_become_columns():
  record = build({'iscrowd': 1}, {'category_id': 90, 'area': 5})
  assert (record.image_bytes, record.image_format) == (b'data', 'png')
  assert (record.height, record.width, record.source_id) == (60, 80, 5)
  assert record.class_names == ['cat', 'dog']
  assert record.classes.tolist() == [3, 90]
  assert record.areas.tolist() == [660, 5]
  assert record.annotation_ids.tolist() == [7, 8]
  # The plane of the crowd comes last.
  assert record.ids.tolist() == [257, 1]
  assert record.has_masks and record.planes.shape == (2, 60, 80)
  first, second = records.instance_masks(record)
  assert first.sum() == second.sum() == 660


def test_without_masks_or_objects():
  record = build({}, include_masks=False)
  assert not record.has_masks and record.ids.tolist() == [0]
  assert record.planes.shape == (0, 60, 80)
  record = build()
  assert record.has_masks and record.boxes.shape == (0, 4)
  assert (record.difficult, record.scores) == (None, None)


def test_extras_that_some_objects_state_are_filled_up():
  record = build({'difficult': 1}, {'score': 0.5})
  assert record.difficult.tolist() == [True, False]
  assert record.scores.tolist() == [1, 0.5]
  assert record.scores.dtype == np.float32 and record.difficult.dtype == bool
  record = build({'difficult': 0}, {})
  assert record.difficult.tolist() == [False, False]
  assert record.scores is None


def test_a_mask_png_has_the_size_of_the_image():
  mask = np.array([[1, 0, 1], [0, 1, 1]], bool)
  data = record_building.mask_png(Crop(2, 4, mask), (6, 9))
  expected = np.zeros((6, 9, 1), np.uint8)
  expected[2:4, 4:7, 0] = mask
  np.testing.assert_array_equal(png.decode(data), expected)
