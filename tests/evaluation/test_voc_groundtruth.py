import pytest
import voc_folder

from copypaste_tf.evaluation import coco_inputs, voc_groundtruth
from copypaste_tf.records import voc_xml


def from_objects(folder, *objects, **knobs):
  voc_folder.write(
    folder,
    {'2007/000005': voc_folder.annotation(*objects, **knobs)},
    {'2007/test': ['000005']},
  )
  return voc_groundtruth.from_devkit(str(folder), ['2007:test'])


def test_annotations_are_in_coco_format_with_continuous_boxes(tmp_path):
  truth = from_objects(
    tmp_path,
    voc_folder.entry('cat', (1, 1, 60, 40), 1),
    voc_folder.entry('tvmonitor', (5, 6, 7.5, 8)),
  )
  coco_inputs.check_groundtruth(truth, 'bbox')
  assert truth['images'] == [
    {
      'id': 5,
      'file_name': 'VOC2007/JPEGImages/000005.jpg',
      'height': 40,
      'width': 60,
    }
  ]
  first, second = truth['annotations']
  assert first['bbox'] == [0, 0, 60, 40] and first['area'] == 2400
  assert second['bbox'] == [4, 5, 3.5, 3]
  assert [x['difficult'] for x in (first, second)] == [1, 0]
  assert [x['category_id'] for x in (first, second)] == [8, 20]
  names = [category['name'] for category in truth['categories']]
  assert names == list(voc_xml.CLASSES)


def test_a_size_that_is_not_stated_is_left_out(tmp_path):
  truth = from_objects(tmp_path, size=(0, 0))
  assert truth['images'][0].keys() == {'id', 'file_name'}
  assert truth['annotations'] == []


@pytest.mark.parametrize(
  ('name', 'box', 'message'),
  [
    ('dragon', (1, 1, 2, 2), 'the class is none of the 20 of Pascal VOC'),
    ('cat', (9, 1, 5, 2), 'got a box of -3 x 2 pixels'),
    ('cat', (6, 1, 5, 2), 'got a box of 0 x 2 pixels'),
  ],
)
def test_an_object_that_would_be_lost_is_an_error(tmp_path, name, box, message):
  with pytest.raises(ValueError, match=message) as error:
    from_objects(tmp_path, voc_folder.entry(name, box))
  path = f'{tmp_path}/VOC2007/Annotations/000005.xml: object 1 ({name})'
  assert str(error.value).startswith(path)


def test_a_listed_image_without_annotation_is_an_error(tmp_path):
  voc_folder.write(tmp_path, {}, {'2007/test': ['000005']})
  with pytest.raises(FileNotFoundError, match='Annotations/000005.xml'):
    voc_groundtruth.from_devkit(str(tmp_path), ['2007:test'])
