import pytest
import voc_folder

from tfrecord_tools import voc_objects
from tfrecord_tools.entries import ObjectEntry
from tfrecord_tools.faults import SourceError

IDS = {'cat': 1, 'dog': 2}


def entries(*objects, box_origin=1):
  text = voc_folder.annotation(*objects)
  found = voc_objects.parse(text.encode(), 'a.xml', box_origin).objects
  return [voc_objects.entry(item, 'here', IDS) for item in found]


def test_an_object_has_its_class_box_and_flag():
  (found,) = entries(voc_folder.entry('dog', (2, 3, 10, 20), 1))
  assert isinstance(found, ObjectEntry)
  assert found.category_id == 2 and found.box == (2, 1, 20, 10)
  assert found.difficult is True and found.notes == () and found.id == 'here'


def test_an_absent_flag_and_fractions_are_noted():
  (found,) = entries(voc_folder.entry('cat', (2, 3, 10.5, 20)))
  assert found.difficult is None and found.box == (2, 1, 20, 10.5)
  assert [name for name, _ in found.notes] == [
    'objects_without_difficult_flag',
    'boxes_with_fractions',
  ]


def test_an_unknown_class_has_a_fault_that_names_the_known_ones():
  (found,) = entries(voc_folder.entry('Cat', (2, 3, 10, 20)))
  assert found.fault.reason == 'unknown_category'
  assert "'Cat' is none of the classes cat, dog; name" in found.fault.detail


def test_a_malformed_file_is_a_fault_of_the_image():
  with pytest.raises(SourceError, match=r'a\.xml: object 1 .*<xmin>') as error:
    entries(voc_folder.entry('cat', ('a', 1, 2, 3)))
  assert error.value.reason == 'malformed_annotation_file'
