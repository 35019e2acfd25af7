"""The list of images of a file is read, whatever its labels are."""

import json

import pytest

from tfrecord_tools import image_json
from tfrecord_tools.faults import ConversionError

IMAGES = [{'id': 1, 'file_name': 'a.jpg'}, {'id': 2, 'coco_url': 'h/x/b.jpg'}]
LABEL = {'id': 5, 'image_id': 1, 'category_id': 1, 'bbox': [0, 0, 1, 1]}


def load(tmp_path, stop=False, **content):
  path = tmp_path / 'x.json'
  path.write_text(json.dumps(content))
  return image_json.load(str(path), stop=stop)


@pytest.mark.parametrize(
  ('annotations', 'count'),
  [
    ([LABEL, LABEL], 2),
    ({'5': LABEL, '6': LABEL}, 2),
    ({'1': [LABEL, LABEL]}, 2),
    ([{'id': 5, 'image_id': 1, 'caption': 'a cat'}], 1),
    ({'id': {'0': 5, '1': 6}, 'image_id': {'0': 1, '1': 1}}, 2),
    ([], 0),
    (None, 0),
  ],
)
def test_labels_of_any_form_are_counted_only(tmp_path, annotations, count):
  categories = [{'id': 'no number'}]
  dataset = load(
    tmp_path, images=IMAGES, annotations=annotations, categories=categories
  )
  assert [e.file_names for e in dataset.images.values()] == [
    ('a.jpg',),
    ('x/b.jpg', 'b.jpg'),
  ]
  assert all(len(entry.objects) == 0 for entry in dataset.images.values())
  assert dataset.notes.get('annotations_not_read', 0) == count
  assert dataset.categories == {} and dataset.labelled is False


def test_faulty_entries_are_counted_or_stop(tmp_path):
  images = [*IMAGES, IMAGES[0], {'id': 3}, {'id': 'u-1', 'file_name': 'c.jpg'}]
  dataset = load(tmp_path, images=images)
  assert dataset.num_images == 5 and len(dataset.images) == 3
  assert dataset.drops.images == {'duplicate_image_id': 1, 'no_file_name': 1}
  assert dataset.renumbered['image_ids'].keys() == {'u-1'}
  with pytest.raises(ConversionError, match='no_file_name'):
    load(tmp_path, images=images, stop=True)


def test_a_file_without_a_list_of_images_is_refused(tmp_path):
  with pytest.raises(ValueError, match="keys \\['annotations'\\]"):
    load(tmp_path, annotations=[LABEL])
