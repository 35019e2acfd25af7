"""Images need an id and a name; sizes and lists are read where they can be."""

import pytest

from tfrecord_tools import coco_images
from tfrecord_tools.faults import SourceError


def entry(**fields):
  element = {'file_name': 'a.jpg', 'height': 3, 'width': 5, **fields}
  return coco_images.entry(1, element, (), {})


def test_a_sound_image():
  found = entry(neg_category_ids=[3], not_exhaustive_category_ids=[])
  assert (found.id, found.file_names, found.size) == (1, ('a.jpg',), (3, 5))
  assert found.neg_category_ids == [3]
  assert found.not_exhaustive_category_ids == []
  assert found.notes == ()


@pytest.mark.parametrize('side', [0, -1, None, '', 'x', 3.5, float('nan')])
def test_an_unknown_side_comes_from_the_file(side):
  found = entry(height=side)
  assert found.size == (None, 5)
  assert [note.name for note in found.notes] == ['sizes_from_files']


def test_sides_in_text_and_unknown_sizes():
  assert entry(height=' 3 ', width='5.0').size == (3, 5)
  assert entry(height=0, width=0).size is None


@pytest.mark.parametrize('ids', ['x', [0], ['x'], [True], 5])
def test_lists_that_cannot_be_read_are_left_out_and_noted(ids):
  found = entry(neg_category_ids=ids)
  assert found.neg_category_ids is None
  assert [note.name for note in found.notes] == ['category_lists_left_out']


def test_lists_follow_renumbered_categories():
  element = {'file_name': 'a', 'height': 1, 'width': 1}
  element['neg_category_ids'] = ['0', 1.0]
  found = coco_images.entry(1, element, (), {0: 1, 1: 2})
  assert found.neg_category_ids == [1, 2]


@pytest.mark.parametrize(
  ('element', 'number', 'reason'),
  [
    ('x', None, 'malformed_image_entry'),
    ({'file_name': 'a'}, None, 'malformed_image_id'),
    ({}, 1, 'no_file_name'),
    *(
      ({'file_name': name}, 1, 'no_file_name')
      for name in ('', ' ', 5, 'a\0', '\ud800')
    ),
    ({'coco_url': 'http://[x'}, 1, 'no_file_name'),
    ({'coco_url': 'http://x.org'}, 1, 'no_file_name'),
  ],
)
def test_an_image_without_an_id_or_a_name_is_refused(element, number, reason):
  with pytest.raises(SourceError, match=reason):
    coco_images.check(element, number)
