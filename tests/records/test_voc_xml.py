import random

import pytest
import voc_folder

from copypaste_tf.records import voc_xml


def parse(*objects, **knobs):
  text = voc_folder.annotation(*objects)
  return voc_xml.parse(text.encode(), 'a.xml', **knobs)


def test_a_box_includes_its_last_column_and_row():
  (whole,) = parse(voc_folder.entry('cat', (1, 1, 60, 40))).objects
  assert whole.box == (0, 0, 60, 40)  # The image is 60 wide and 40 high.
  (pixel,) = parse(voc_folder.entry('cat', (7, 9, 7, 9))).objects
  assert pixel.box == (6, 8, 7, 9)


def test_a_box_that_counts_from_0_covers_the_image_with_its_last_column():
  (whole,) = parse(
    voc_folder.entry('cat', (0, 0, 59, 39)), box_origin=0
  ).objects
  assert whole.box == (0, 0, 60, 40)


def test_parts_of_an_object_are_no_objects_and_give_no_box():
  head = (
    '<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin>'
    '<xmax>2</xmax><ymax>2</ymax></bndbox></part>'
  )
  found = parse(voc_folder.entry('person', (5, 6, 7, 8), extra=head))
  assert found.objects == (voc_xml.VocObject('person', (4, 5, 7, 8), None),)


def test_difficult_is_read_and_may_be_absent():
  objects = parse(
    *(voc_folder.entry('cat', (1, 1, 2, 2), x) for x in (1, 0, None))
  ).objects
  assert [x.difficult for x in objects] == [True, False, None]


def test_coordinates_may_be_fractions_and_tags_come_in_any_order():
  text = (
    '<annotation><object><bndbox><ymax>40</ymax><xmax> 45.75 </xmax>'
    '<xmin>2.5</xmin><ymin>1</ymin></bndbox><name> dog </name></object>'
    '<size><height>40</height><width>60</width></size></annotation>'
  )
  found = voc_xml.parse(text.encode(), 'a.xml')
  assert found.objects == (voc_xml.VocObject('dog', (1.5, 0, 45.75, 40), None),)
  assert found.size == (40, 60) and found.filename == ''


@pytest.mark.parametrize('size', [(0, 60), ('', 60), ('a', 60), (40.5, 60)])
def test_a_size_that_says_nothing_is_none(size):
  text = voc_folder.annotation(size=size)
  assert voc_xml.parse(text.encode(), 'a.xml').size is None


CORNERS = '<xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax>'


@pytest.mark.parametrize(
  ('text', 'expected'),
  [
    ('<annotation>', 'is not XML'),
    ('', 'is not XML'),
    ('<?xml version="1.0" encoding="none"?><annotation/>', 'is not XML'),
    ('<html/>', 'expected <annotation> as in Pascal VOC, got <html>'),
    ('<annotation><object/></annotation>', 'object 1: expected one <name>'),
    (
      voc_folder.annotation(voc_folder.entry(' ', (1, 1, 2, 2))),
      'object 1: <name> is empty',
    ),
    (
      '<annotation><object><name>cat</name></object></annotation>',
      'object 1 (cat): expected one <bndbox>, got 0',
    ),
    (
      '<annotation><object><name>cat</name><bndbox><xmin>1</xmin></bndbox>'
      '</object></annotation>',
      'object 1 (cat): expected one <ymin>, got 0',
    ),
    (
      f'<annotation><object><name>cat</name><bndbox>{CORNERS}</bndbox><bndbox>'
      f'{CORNERS}</bndbox></object></annotation>',
      'object 1 (cat): expected one <bndbox>, got 2',
    ),
    *(
      (
        voc_folder.annotation(
          voc_folder.entry('cat', (1, 1, 2, 2)),
          voc_folder.entry('dog', (1, 1, wrong, 2)),
        ),
        f"object 2 (dog): <xmax> is '{wrong}'; expected a number of pixels",
      )
      for wrong in ('', 'nan', 'inf', '1,5')
    ),
    (
      voc_folder.annotation(voc_folder.entry('cat', (1, 1, 2, 2), 'yes')),
      "object 1 (cat): <difficult> is 'yes'; expected 0 or 1",
    ),
  ],
)
def test_a_faulty_file_is_named_with_its_object(text, expected):
  with pytest.raises(ValueError) as error:
    voc_xml.parse(text.encode(), 'x/a.xml')
  assert str(error.value).startswith(f'x/a.xml: {expected}')


def test_a_damaged_file_gives_objects_or_one_clear_error():
  objects = [
    voc_folder.entry('cat', (3, 4, 30.5, 20), 1),
    voc_folder.entry('person', (1, 1, 60, 40), 0),
  ]
  data = voc_folder.annotation(*objects).encode()
  rng = random.Random(0)
  errors = 0
  for _ in range(300):
    damaged = bytearray(data)
    for _ in range(rng.randint(1, 4)):
      place = rng.randrange(len(damaged))
      damaged[place : place + rng.choice([0, 1, 9])] = rng.randbytes(
        rng.choice([0, 1, 2])
      )
    try:
      found = voc_xml.parse(bytes(damaged), 'a.xml')
    except ValueError as error:
      errors += 1
      assert str(error).startswith('a.xml: ')
    else:
      assert all(isinstance(x, float) for o in found.objects for x in o.box)
  assert 30 < errors < 300


def test_real_files_have_the_classes_and_the_marks_of_pascal_voc(real_data):
  folder = real_data / 'voc_detection_sample/VOCdevkit/VOC2012'
  files = sorted((folder / 'Annotations').glob('*.xml'))
  found = [voc_xml.parse(file.read_bytes(), str(file)) for file in files]
  objects = [x for annotation in found for x in annotation.objects]
  assert len(files) == 108 and len(objects) == 284
  assert {x.name for x in objects} == set(voc_xml.CLASSES)
  assert sum(bool(x.difficult) for x in objects) == 38
  whole = [x for a in found for x in a.objects if x.box[::2] == (0, a.size[1])]
  assert len(whole) == 1
