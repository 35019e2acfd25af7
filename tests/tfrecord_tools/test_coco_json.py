"""Tests which images and annotations of a file are usable."""

import hashlib
import json

import pytest

from tfrecord_tools import coco_json
from tfrecord_tools.entries import Category
from tfrecord_tools.faults import ConversionError


def write(path, images=(), annotations=(), categories=()):
  path = path / 'instances.json'
  fields = (('images', images), ('annotations', annotations))
  data = {k: list(v) for k, v in (*fields, ('categories', categories))}
  path.write_text(json.dumps(data))
  return str(path)


def image(number, name='x.jpg'):
  return {'id': number, 'file_name': name}


def test_a_file_is_indexed_by_image(tmp_path):
  labels = [{'id': 5, 'image_id': 2}, {'id': 6, 'image_id': '2'}]
  path = write(
    tmp_path,
    [image(1), image('2')],
    labels,
    [{'id': 3, 'name': 'cat'}, {'id': 9}],
  )
  found = coco_json.load(path, stop=True)
  assert list(found.images) == [1, 2]
  assert [list(image.objects.sources) for image in found.images.values()] == [
    [],
    labels,
  ]
  assert found.categories == {3: Category(3, 'cat'), 9: Category(9, '9')}
  assert (found.num_images, found.num_annotations) == (2, 2)
  content = (tmp_path / 'instances.json').read_bytes()
  assert found.size == len(content)
  assert found.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
  ('images', 'reason', 'kept'),
  [
    (['text'], 'malformed_image_entry', []),
    ([image(True)], 'malformed_image_id', []),
    ([image(None)], 'malformed_image_id', []),
    ([{'id': 4}], 'no_file_name', []),
    ([image(1), image(1)], 'duplicate_image_id', [1]),
  ],
)
def test_a_bad_image_is_counted_or_stops(tmp_path, images, reason, kept):
  path = write(tmp_path, images)
  found = coco_json.load(path, stop=False)
  assert dict(found.drops.images) == {reason: 1}
  assert list(found.images) == kept
  with pytest.raises(ConversionError, match=reason):
    coco_json.load(path, stop=True)


@pytest.mark.parametrize(
  ('annotation', 'reason'),
  [
    (None, 'malformed_annotation'),
    ({'id': 2, 'image_id': 9}, 'unknown_image'),
    ({'id': 2, 'image_id': 4}, 'image_dropped'),
    ({'id': 1, 'image_id': 1}, 'duplicate_annotation_id'),
  ],
)
def test_a_bad_annotation_is_counted_or_stops(tmp_path, annotation, reason):
  good = {'id': 1, 'image_id': 1}
  images = [image(1), *([{'id': 4}] if reason == 'image_dropped' else [])]
  path = write(tmp_path, images, [good, annotation])
  found = coco_json.load(path, stop=False)
  assert dict(found.drops.annotations) == {reason: 1}
  assert found.images[1].objects.sources == [good]
  with pytest.raises(ConversionError):
    coco_json.load(path, stop=True)


def test_images_that_share_an_id_are_all_dropped(tmp_path):
  path = write(tmp_path, [image(1, 'a.jpg'), image(1, 'b.jpg'), image(2)])
  found = coco_json.load(path, stop=False)
  assert list(found.images) == [2]
  assert dict(found.drops.images) == {'ambiguous_image_id': 2}


@pytest.mark.parametrize('text', ['', '[]', '{}', '{"images": 3}', '{"ima'])
def test_other_files_are_refused(tmp_path, text):
  (tmp_path / 'instances.json').write_text(text)
  with pytest.raises(ValueError, match=r'instances\.json: expected'):
    coco_json.load(str(tmp_path / 'instances.json'), stop=False)


def test_an_image_may_have_several_candidate_paths(tmp_path):
  url = 'http://images.example.org/val2017/12.jpg'
  images = [
    image(1, 'a/b.jpg'),
    {'id': 2, 'coco_url': url},
    {'coco_url': url, **image(3)},
  ]
  found = coco_json.load(write(tmp_path, images), stop=True).images
  assert [found[number].file_names for number in (1, 2, 3)] == [
    ('a/b.jpg',),
    ('val2017/12.jpg', '12.jpg'),
    ('x.jpg', 'val2017/12.jpg', '12.jpg'),
  ]


def test_sizes_and_lists_of_lvis_are_those_of_the_image(tmp_path):
  lists = {'neg_category_ids': [4], 'not_exhaustive_category_ids': []}
  images = [{**image(1), 'height': 3, 'width': 5, **lists}, image(2)]
  found = coco_json.load(write(tmp_path, images), stop=True).images
  assert found[1].size == (3, 5) and found[2].size is None
  assert found[1].neg_category_ids == [4]
  assert found[1].not_exhaustive_category_ids == []
  assert found[2].neg_category_ids is None


def test_details_of_categories_are_kept(tmp_path):
  details = {
    'supercategory': 'animal',
    'frequency': 'c',
    'synset': 'cat.n.01',
    'image_count': 12,
    'instance_count': 30,
  }
  elements = [{'id': 3, 'name': 'cat', 'def': 'pet', **details}]
  path = write(tmp_path, categories=elements)
  (category,) = coco_json.load(path, stop=True).categories.values()
  assert category == Category(3, 'cat', **details)
  assert category.details == details


def test_texts_and_long_integers_are_image_ids(tmp_path):
  names = ['5f3a-uuid', 2**63, '7']
  images = [image(name, f'{i}.jpg') for i, name in enumerate(names)]
  labels = [{'id': i, 'image_id': name} for i, name in enumerate(names)]
  found = coco_json.load(write(tmp_path, images, labels), stop=True)
  new = found.renumbered['image_ids']
  assert set(new) == {'5f3a-uuid', str(2**63)}
  assert list(found.images) == [new['5f3a-uuid'], new[str(2**63)], 7]
  assert [len(entry.objects) for entry in found.images.values()] == [1, 1, 1]
  assert found.notes == {'image_ids_renumbered': 2}


def test_annotation_ids_may_start_again_in_each_image(tmp_path):
  labels = [
    {'id': number, 'image_id': i, 'bbox': [i, number, 5, 5]}
    for i in (1, 2)
    for number in (1, 2)
  ]
  path = write(tmp_path, [image(1, 'a'), image(2, 'b')], [*labels, labels[0]])
  found = coco_json.load(path, stop=False)
  ids = [e['id'] for i in (1, 2) for e in found.images[i].objects.sources]
  assert ids == [1, 2, 3, 4]
  assert found.notes == {'annotation_ids_renumbered': 2}
  assert found.drops.annotations == {'duplicate_annotation_id': 1}


def test_categories_move_with_the_lists_of_the_images(tmp_path):
  images = [{**image(1), 'neg_category_ids': [1]}]
  labels = [{'id': 4, 'image_id': 1, 'category_id': 0, 'bbox': [1] * 4}]
  path = write(tmp_path, images, labels, [{'id': 0}, {'id': 1}])
  with pytest.raises(ValueError, match='--first_category_id=1'):
    coco_json.load(path, stop=True)
  found = coco_json.load(path, stop=True, first_category_id=1)
  assert list(found.categories) == [1, 2]
  assert found.images[1].neg_category_ids == [2]
  assert found.images[1].objects[0].category_id == 1
  assert found.renumbered == {'category_ids': {'0': 1, '1': 2}}


def test_a_category_that_is_left_out_is_told(tmp_path, capsys):
  categories = [{'id': 0, 'name': '_background_'}, {'id': 1, 'name': 'cat'}]
  labels = [{'id': 4, 'image_id': 1, 'category_id': 1, 'bbox': [1] * 4}]
  path = write(tmp_path, [image(1)], labels, categories)
  found = coco_json.load(path, stop=True)
  assert list(found.categories) == [1]
  assert found.notes == {'unused_categories_left_out': 1}
  assert "0, '_background_', is left out" in capsys.readouterr().out


def test_a_missing_file_is_named(tmp_path):
  with pytest.raises(FileNotFoundError, match=r'absent\.json: expected a COCO'):
    coco_json.load(str(tmp_path / 'absent.json'), stop=True)


def test_a_file_without_a_list_of_annotations_is_a_test_set(tmp_path):
  path = tmp_path / 'test.json'
  data = {'images': [image(1)], 'categories': []}
  path.write_text(json.dumps(data))
  found = coco_json.load(str(path), stop=True)
  assert not found.labelled and list(found.images) == [1]
  path.write_text(json.dumps({**data, 'annotations': []}))
  assert coco_json.load(str(path), stop=True).labelled
