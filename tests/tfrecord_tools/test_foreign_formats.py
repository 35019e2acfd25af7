"""Files of other formats are named, and the message says what is wanted."""

import pytest

from tfrecord_tools import foreign_formats

IMAGES = [{'id': 1, 'file_name': 'a.jpg'}]


def coco(**annotation):
  return {'images': IMAGES, 'annotations': [{'image_id': 1, **annotation}]}


@pytest.mark.parametrize(
  ('data', 'name'),
  [
    (coco(segments_info=[], file_name='a.png'), 'panoptic.*instances_'),
    (coco(id=1, caption='a cat'), 'captions'),
    (coco(id=1, keypoints=[1, 2, 2]), 'keypoints'),
    (coco(id=1, category_id=3), 'labels of whole images'),
    ({'type': 'FeatureCollection', 'features': []}, 'GeoJSON'),
    ({'version': '5.0', 'shapes': [], 'imagePath': 'a.jpg'}, 'labelme'),
    ({'_via_img_metadata': {}, '_via_settings': {}}, 'VGG Image Annotator'),
    ({'a.jpg12': {'filename': 'a.jpg', 'regions': []}}, 'VGG Image Annotator'),
    ([{'image_id': 1, 'bbox': [], 'score': 1, 'category_id': 1}], 'detector'),
    ([{'id': 1, 'data': {}, 'annotations': []}], 'Label Studio'),
    ([{'image': 'a.jpg', 'annotations': []}], 'CreateML'),
    ([{'file_name': 'a.jpg', 'annotations': []}], 'Detectron2'),
    ({'videos': [{'id': 1}], 'annotations': []}, 'file of videos'),
    ([{'name': 'a.jpg', 'labels': []}], 'BDD100K'),
    ({'items': [], 'categories': {}, 'infos': []}, 'Datumaro'),
  ],
)
def test_known_formats_are_named(data, name):
  with pytest.raises(ValueError, match=f'x.json: expected COCO.* is .*{name}'):
    foreign_formats.refuse('x.json', data)


@pytest.mark.parametrize(
  ('data', 'got'),
  [
    ([], 'a list with 0 elements'),
    ({'a': 1}, r"an object with the keys \['a'\]"),
    ({'images': 5}, '"images" that is int'),
    ('x', "str 'x'"),
    (None, 'NoneType None'),
  ],
)
def test_other_data_are_described(data, got):
  with pytest.raises(ValueError, match=f'expected COCO.*; got {got}'):
    foreign_formats.refuse('x.json', data)


@pytest.mark.parametrize(
  'data',
  [
    {'images': []},
    {'images': IMAGES, 'annotations': []},
    coco(bbox=[1, 2, 3, 4], keypoints=[1]),
    coco(segmentation=[[1]], segments_info=1),
    {'images': {'1': {}}, 'annotations': {'1': {'bbox': [1]}}},
  ],
)
def test_instances_are_accepted(data):
  foreign_formats.refuse('x.json', data)
