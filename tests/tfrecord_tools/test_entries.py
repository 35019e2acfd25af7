"""Tests the typed entries: details of categories, lazy sequences."""

import pickle

import pytest

from tfrecord_tools import coco_objects
from tfrecord_tools.entries import Category, Lazy


def test_details_are_the_stated_fields():
  assert Category(3, 'cat').details == {}
  stated = Category(3, 'cat', supercategory='animal', image_count=0)
  assert stated.details == {'supercategory': 'animal', 'image_count': 0}


def test_a_lazy_sequence_builds_an_item_on_access():
  built = []

  def make(source):
    built.append(source)
    return 2 * source

  items = Lazy(make, [1, 2, 3])
  assert len(items) == 3 and built == []
  assert items[1] == 4 and built == [2]
  assert list(items) == [2, 4, 6]
  assert not Lazy(make, ())
  with pytest.raises(IndexError):
    items[3]


def test_a_lazy_sequence_is_pickled_by_its_sources():
  items = Lazy(coco_objects.object_entry, [{'category_id': 3}])
  again = pickle.loads(pickle.dumps(items))
  assert again.sources == items.sources
  assert list(again) == list(items)
