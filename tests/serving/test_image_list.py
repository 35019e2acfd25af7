import unicodedata

import pytest

from copypaste_tf.serving import image_list


def fill(folder, *names):
  for name in names:
    (folder / name).parent.mkdir(exist_ok=True, parents=True)
    (folder / name).write_text('')


def test_patterns_expand_to_sorted_unique_files(tmp_path):
  fill(tmp_path, 'b.jpg', 'a.jpg', 'a[1].jpg', 'deep/c.jpg')
  (tmp_path / 'd.jpg').mkdir()
  actual = image_list.expand(
    [f'{tmp_path}/**/*.jpg', f'{tmp_path}/a.jpg', f'{tmp_path}/a[1].jpg']
  )
  names = ['a.jpg', 'a[1].jpg', 'b.jpg', 'deep/c.jpg']
  assert actual == [f'{tmp_path}/{name}' for name in names]
  with pytest.raises(FileNotFoundError, match='no file matches .*none'):
    image_list.expand([f'{tmp_path}/none*.jpg'])


def test_a_folder_stands_for_the_images_in_it(tmp_path):
  fill(tmp_path, 'b.JPG', 'a.png', '._b.jpg', 'notes.txt', 'deep/c.jpg')
  assert image_list.expand([f'{tmp_path}/', f'{tmp_path}/deep/c.jpg']) == [
    f'{tmp_path}/{name}' for name in ('a.png', 'b.JPG', 'deep/c.jpg')
  ]


def test_a_folder_without_images_says_how_to_reach_those_below(tmp_path):
  fill(tmp_path, 'deep/c.jpg')
  with pytest.raises(FileNotFoundError, match='holds no image') as error:
    image_list.expand([str(tmp_path)])
  pattern = str(error.value).split("'")[3]
  assert image_list.expand([pattern]) == [f'{tmp_path}/deep/c.jpg']


def test_ids_of_pascal_voc_are_the_digits_of_the_names():
  names = ['a/2008_000002.jpg', 'a/000005.jpg']
  assert list(image_list.number(names)) == [2008000002, 5]
  assert list(image_list.number(['1_2.jpg', '000005.jpg'])) == [1, 2]


def test_ids_are_the_numbers_of_the_files_or_positions():
  coco = ['val/000000000139.jpg', 'val/000000000025.png']
  assert image_list.number(coco) == {139: coco[0], 25: coco[1]}
  for names in (['a.jpg', '7.jpg'], ['x/7.jpg', 'y/07.jpg'], ['1' * 19]):
    assert list(image_list.number(names)) == [*range(1, len(names) + 1)]
    assert image_list.by_number(names) is None


@pytest.mark.parametrize(
  'name',
  [
    'b ä.jpg',
    'other/folder/b ä.jpg',
    'C:\\photos\\b ä.jpg',
    './b%20%C3%A4.JPG',
    unicodedata.normalize('NFD', 'b ä.jpg'),
  ],
)
def test_ids_come_from_the_file_name_however_it_is_written(name):
  images = [{'id': 9, 'file_name': 'a.jpg'}, {'id': 4, 'file_name': name}]
  paths = ['photos/a.jpg', 'photos/b ä.jpg']
  assert image_list.annotated(paths, images) == {9: paths[0], 4: paths[1]}


def test_a_url_is_a_name_too():
  images = [{'id': 4, 'coco_url': 'http://host/val2017/0001.jpg'}]
  assert image_list.annotated(['x/0001.jpg'], images) == {4: 'x/0001.jpg'}


def test_folders_decide_between_files_of_one_name():
  names = ('train/1.jpg', 'val/1.jpg', 'val/2.jpg')
  images = [{'id': i, 'file_name': name} for i, name in enumerate(names, 5)]
  paths = ['all/val/1.jpg', 'all/train/1.jpg']
  assert image_list.annotated(paths, images) == {6: paths[0], 5: paths[1]}
  with pytest.raises(ValueError, match=r'any of the images \[5, 6\]'):
    image_list.annotated(['test/1.jpg'], images)


def test_names_without_an_id_and_two_files_of_one_id_are_refused():
  images = [{'id': 5, 'file_name': '1.jpg'}, {'id': 6}]
  with pytest.raises(ValueError, match="2 of 3 images .* 'x.jpg', 'y.jpg'"):
    image_list.annotated(['1.jpg', 'x.jpg', 'y.jpg'], images)
  with pytest.raises(ValueError, match="'a/1.jpg' and 'b/1.jpg' are both"):
    image_list.annotated(['a/1.jpg', 'b/1.jpg'], images)
  with pytest.raises(ValueError, match='expected an integer'):
    image_list.annotated(['1.jpg'], [{'id': 'x', 'file_name': '1.jpg'}])


def test_an_id_of_another_file_name_is_a_mismatch():
  predicted = [
    {'id': 1, 'file_name': 'out/a.jpg'},
    {'id': 2, 'file_name': 'out/b.jpg'},
    {'id': 139, 'file_name': '000000000139.png'},
  ]
  same = [
    {'id': 1, 'file_name': 'A.png'},
    {'id': 2, 'file_name': 'val\\b.jpg'},
    {'id': 139, 'file_name': 'COCO_val2014_000000000139.jpg'},
    {'id': 4, 'file_name': 'more.jpg'},
  ]
  assert image_list.mismatches(predicted, same) == []
  assert image_list.mismatches(predicted, [{'id': 1}]) == []
  shuffled = [{'id': 1, 'file_name': 'b.jpg'}, {'id': 2, 'file_name': 'a.jpg'}]
  found = image_list.mismatches(predicted, shuffled)
  assert found == [
    "1 is 'out/a.jpg' and 'b.jpg'",
    "2 is 'out/b.jpg' and 'a.jpg'",
  ]


def test_a_number_that_is_no_id_does_not_make_names_equal():
  predicted = [{'id': 1, 'file_name': 'x_7.jpg'}]
  assert image_list.mismatches(predicted, [{'id': 1, 'file_name': 'y_7.jpg'}])


def test_an_address_is_told_from_a_file_that_is_not_there():
  with pytest.raises(FileNotFoundError, match='download the images first'):
    image_list.expand(['https://example.org/a.jpg'])
