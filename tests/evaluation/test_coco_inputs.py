import numpy as np
import pytest
from pycocotools import mask as coco_mask

from copypaste_tf.evaluation import coco_inputs

POLYGON = [[1.0, 1.0, 9.0, 1.0, 9.0, 8.0]]


def truth(**change):
  annotation = {
    'id': 7,
    'image_id': 1,
    'category_id': 2,
    'bbox': [1, 1, 8, 7],
    'area': 28.0,
    'iscrowd': 0,
    'segmentation': POLYGON,
  }
  annotation = {
    key: value
    for key, value in (annotation | change).items()
    if value is not None
  }
  return {
    'images': [{'id': 1, 'height': 10, 'width': 12}],
    'categories': [{'id': 2, 'name': 'cat'}],
    'annotations': [annotation],
  }


def test_polygons_and_both_kinds_of_rle_become_the_same_rle():
  expected = coco_mask.merge(coco_mask.frPyObjects(POLYGON, 10, 12))
  flat = coco_mask.decode(expected).ravel(order='F')
  edges = np.flatnonzero(np.diff(flat, prepend=0, append=2))
  counts = np.diff(edges, prepend=0).tolist()
  forms = [POLYGON, expected, {'size': [10, 12], 'counts': counts}]
  for form in forms:
    indexed = coco_inputs.index_groundtruth(truth(segmentation=form), 'segm')
    found = indexed['annotations'][0]['segmentation']
    np.testing.assert_array_equal(
      coco_mask.decode(found), coco_mask.decode(expected)
    )


def test_annotations_are_numbered_from_one_and_crowd_may_be_absent():
  given = truth(id=0, iscrowd=None)
  given['annotations'] *= 2
  found = coco_inputs.index_groundtruth(given, 'segm')['annotations']
  assert [entry['id'] for entry in found] == [1, 2]
  assert [entry['iscrowd'] for entry in found] == [0, 0]
  assert given['annotations'][0]['id'] == 0


@pytest.mark.parametrize('key', ['images', 'annotations', 'categories'])
def test_a_missing_block_is_named(key):
  given = truth()
  del given[key]
  with pytest.raises(ValueError, match=f'no {key!r}'):
    coco_inputs.index_groundtruth(given, 'bbox')


@pytest.mark.parametrize('key', ['images', 'categories'])
def test_an_id_that_occurs_twice_is_named(key):
  given = truth()
  given[key] = given[key] * 2
  message = f'more than once, such as {given[key][0]["id"]}'
  with pytest.raises(ValueError, match=message):
    coco_inputs.index_groundtruth(given, 'bbox')


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    ({'image_id': 5}, 'annotation 7 is of an unknown image 5'),
    ({'category_id': 5}, 'annotation 7 is of an unknown category 5'),
    ({'area': None}, "annotation 7 .* no 'area'"),
    ({'bbox': None}, "annotation 7 .* no 'bbox'"),
    ({'bbox': [1, 1, 8]}, r'annotation 7 .* the bbox \[1, 1, 8\]'),
    ({'bbox': ['1', 1, 8, 7]}, 'annotation 7 .* the bbox'),
    ({'area': '28'}, "annotation 7 .* the area '28'"),
    ({'iscrowd': '0'}, "annotation 7 .* the iscrowd '0'"),
    ({'segmentation': None}, 'annotation 7 has no mask, so mask AP'),
    ({'segmentation': []}, 'annotation 7 has no mask, so mask AP'),
    (
      {'segmentation': {'size': [10, 12]}},
      'annotation 7 of image 1 .* neither',
    ),
    ({'segmentation': [1, 2]}, 'annotation 7 of image 1 .* neither'),
    ({'segmentation': 'x'}, 'annotation 7 of image 1 .* neither'),
    ({'segmentation': [[]]}, 'annotation 7 of image 1 .* neither'),
    ({'image_id': [1]}, r'annotation 7 .* the image_id \[1\]'),
    ({'category_id': {}}, 'annotation 7 .* the category_id'),
  ],
)
def test_faulty_annotations_are_named(change, message):
  with pytest.raises(ValueError, match=message):
    coco_inputs.index_groundtruth(truth(**change), 'segm')


def test_boxes_need_no_masks():
  coco_inputs.index_groundtruth(truth(segmentation=None), 'bbox')


@pytest.mark.parametrize('key', ['images', 'categories'])
def test_an_entry_without_an_id_is_an_error(key):
  for entry in ({'name': 'cat'}, 7):
    with pytest.raises(ValueError, match='entry without id'):
      coco_inputs.check_groundtruth(truth() | {key: [entry]}, 'bbox')


def test_images_that_the_ground_truth_lacks_are_named():
  coco_inputs.check_images(truth(), [1])
  with pytest.raises(ValueError, match=r'image ids \[5, 6\] .* has 1, from 1'):
    coco_inputs.check_images(truth(), [6, 1, 5])
