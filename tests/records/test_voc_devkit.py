import pytest
import voc_folder

from copypaste_tf.records import voc_devkit, voc_xml
from copypaste_tf.records.voc_devkit import ImageSet, Member


@pytest.mark.parametrize(
  ('name', 'number'),
  [
    ('000005', 5),
    ('2008_000002', 2008000002),
    ('2012_004331', 2012004331),
    ('007', 7),
  ],
)
def test_an_id_is_the_digits_of_a_name_of_pascal_voc(name, number):
  assert voc_devkit.source_id(name) == number


def test_other_names_get_numbers_that_stay():
  names = ['cat-1', 'cat_1', '1_2', '1234567890123456789', '٣', '']
  numbers = [voc_devkit.source_id(name) for name in names]
  assert len({*numbers}) == len(names)
  assert all(0 <= number < 2**53 for number in numbers)
  assert voc_devkit.source_id('cat-1') == 7828031605449022


def test_the_lists_say_which_images_a_set_has(tmp_path):
  folder = voc_folder.write(
    tmp_path,
    {'2007/000099': voc_folder.annotation()},
    {'2007/trainval': ['000007', '000005', ''], '2012/val': ['2008_000001']},
  )
  sets = voc_devkit.image_sets(['2007:trainval', ' 2012:val'])
  assert sets == [ImageSet('2007', 'trainval'), ImageSet('2012', 'val')]
  found = voc_devkit.members(str(folder), sets)
  assert list(found.items()) == [
    (7, Member('2007', '000007')),
    (5, Member('2007', '000005')),
    (2008000001, Member('2012', '2008_000001')),
  ]
  assert found[7].file_name == 'VOC2007/JPEGImages/000007.jpg'
  path = found[5].path(str(folder), 'Annotations', '.xml')
  assert path == f'{folder}/VOC2007/Annotations/000005.xml'


def test_the_list_of_a_class_has_the_images_with_that_class(tmp_path):
  lines = ['000005 -1', '000007  1', '000009  0']
  folder = voc_folder.write(tmp_path, {}, {'2007/cat_test': lines})
  found = voc_devkit.members(str(folder), [ImageSet('2007', 'cat_test')])
  assert list(found) == [7, 9]


@pytest.mark.parametrize('text', ['2007', 'trainval', '2007:', ':test', 'a:b'])
def test_a_set_of_another_form_is_refused(text):
  with pytest.raises(ValueError, match=f'such as 2007:trainval, got {text!r}'):
    voc_devkit.image_sets([text])


def test_no_set_at_all_is_refused():
  with pytest.raises(ValueError, match='such as 2007:trainval, got none'):
    voc_devkit.image_sets([])


@pytest.mark.parametrize(
  ('lines', 'sets', 'expected'),
  [
    ([], '2007:test', 'the list has no images'),
    (['000005 -1'], '2007:test', 'the list has no images'),
    (['000005', '5'], '2007:test', '5 of VOC2007 and 000005 of VOC2007 are'),
    (['000005'], '2007:test,2007:test', 'name sets that have no image in'),
    (['000005 1 1'], '2007:test', "got '000005 1 1'"),
    (['my photo'], '2007:test', "got 'my photo'"),
  ],
)
def test_a_faulty_list_is_named(tmp_path, lines, sets, expected):
  folder = voc_folder.write(tmp_path, {}, {'2007/test': lines})
  with pytest.raises(ValueError, match=expected) as error:
    voc_devkit.members(str(folder), voc_devkit.image_sets(sets.split(',')))
  assert 'ImageSets/Main/test.txt' in str(error.value)


def test_bytes_that_are_no_text_are_no_list(tmp_path):
  folder = voc_folder.write(tmp_path, {}, {'2007/test': []})
  (folder / 'VOC2007/ImageSets/Main/test.txt').write_bytes(b'\xff\xfe1')
  with pytest.raises(ValueError, match='the list is not text'):
    voc_devkit.members(str(folder), [ImageSet('2007', 'test')])


def test_a_missing_list_says_what_a_devkit_holds(tmp_path):
  with pytest.raises(FileNotFoundError, match='test.txt; expected a VOCdevkit'):
    voc_devkit.members(str(tmp_path), [ImageSet('2007', 'test')])


def test_the_real_lists_name_real_annotations(real_data):
  folder = str(real_data / 'voc_detection_sample/VOCdevkit')
  found = voc_devkit.members(folder, [ImageSet('2012', 'test')])
  assert len(found) == 100 and 2007000027 in found
  for member in found.values():
    path = member.path(folder, 'Annotations', '.xml')
    assert voc_xml.parse(voc_devkit.read(path), path).size
