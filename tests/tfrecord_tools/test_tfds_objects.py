import numpy as np
import pytest
import random_records
import tensorflow as tf

from tfrecord_tools import tfds_objects
from tfrecord_tools.tfds_objects import Example

SIZE = (30, 50)


def example(dataset='voc', **changes):
  """Returns an example of two objects; a value of None removes a feature."""
  features = {
    'image': random_records.encoded_image(*SIZE),
    'image/filename': b'2008_000002.jpg',
    'image/id': 7,
    'objects/label': [3, 0],
    'objects/bbox': [0.1, 0.02, 0.5, 0.4, 0, 0, 1, 1],
    'objects/is_difficult': [1, 0],
    **changes,
  }
  proto = tf.train.Example()
  for key, value in features.items():
    if value is None:
      continue
    value = value if isinstance(value, list) else [value]
    kinds = {bytes: 'bytes_list', int: 'int64_list', float: 'float_list'}
    kind = next(kinds[type(v)] for v in (*value, 0))
    if key == 'objects/bbox':
      kind = 'float_list'
    getattr(proto.features.feature[key], kind).value.extend(value)
  content = proto.SerializeToString()
  return Example(dataset, 'x.tfrecord: record 3', 'x', 100, content)


def test_boxes_of_voc_count_from_one_and_others_do_not():
  for dataset, first in (('voc', 1), ('coco', 0)):
    entry = tfds_objects.entry(example(dataset), [*range(1, 21)])
    box = np.array([3, 1, 15, 20]) - [first, first, 0, 0]
    np.testing.assert_array_equal(entry.objects[0].box, box)


def test_the_id_of_a_voc_image_is_its_name_and_of_others_their_number():
  ids = {
    dataset: tfds_objects.entry(example(dataset), [*range(1, 21)]).id
    for dataset in ('voc', 'coco')
  }
  assert ids == {'voc': 2008000002, 'coco': 7}


def test_labels_become_ids_and_absent_facts_stay_absent():
  entry = tfds_objects.entry(example(), [*range(1, 21)])
  assert [item.category_id for item in entry.objects] == [4, 1]
  assert [item.difficult for item in entry.objects] == [1, 0]
  assert [item.area for item in entry.objects] == [None, None]
  assert entry.neg_category_ids is None


def test_the_image_is_where_the_part_says():
  made = example()
  part = tfds_objects.entry(made, [*range(1, 21)]).part
  start = part.offset - made.offset
  data = made.content[start : start + part.length]
  assert data == random_records.encoded_image(*SIZE)


def test_the_categories_of_coco_have_gaps_and_those_of_voc_have_none():
  names = [f'class {i}' for i in range(80)]
  coco = tfds_objects.categories('coco', names)
  assert [*coco][11:13] == [13, 14] and [*coco][-1] == 90
  assert coco[90].name == 'class 79'
  assert [*tfds_objects.categories('voc', names[:20])] == [*range(1, 21)]
  with pytest.raises(ValueError, match='80 categories of COCO, got 20'):
    tfds_objects.categories('coco', names[:20])


@pytest.mark.parametrize(
  ('changes', 'said'),
  [
    ({'objects/label': [20, 0]}, 'labels below 20, got 20'),
    ({'objects/label': [-1, 0]}, 'labels below 20, got -1'),
    ({'objects/bbox': [0.0] * 4}, "'objects/bbox': .*2 boxes.*got 1"),
    ({'objects/is_difficult': [1]}, "'objects/is_difficult': .*2 values"),
    ({'image': b'no image'}, 'cannot identify image'),
    ({'image': None}, "'image': .*no such feature"),
    ({'image/filename': None}, "'image/filename': .*no such feature"),
  ],
)
def test_an_example_of_another_form_is_named_with_its_place(changes, said):
  with pytest.raises(ValueError, match=f'^x.tfrecord: record 3: .*{said}'):
    tfds_objects.entry(example(**changes), [*range(1, 21)])


def test_an_example_without_objects_has_none():
  bare = {'objects/label': None, 'objects/bbox': None}
  entry = tfds_objects.entry(
    example(**bare, **{'objects/is_difficult': None}), [1]
  )
  assert entry.objects == ()
