"""A folder is searched by parts of names, whatever their spelling."""

import pytest

from tfrecord_tools import folder_index
from tfrecord_tools.folder_index import NUM_NEAR, FolderIndex


@pytest.fixture
def index(tmp_path):
  for name in ('a/b/1.jpg', 'a/2.jpeg', 'c/2.JPG', '.hidden/9.jpg', 'x y.tif'):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(b'')
  return FolderIndex(str(tmp_path))


def test_all_files_are_listed_but_for_hidden_folders(index, tmp_path):
  (tmp_path / 'a/back').symlink_to(tmp_path)
  assert sorted(folder_index.files(str(tmp_path))) == [
    'a/2.jpeg',
    'a/b/1.jpg',
    'c/2.JPG',
    'x y.tif',
  ]


def test_one_path_must_end_as_the_other(index):
  assert index.matches(['1.jpg']) == ['a/b/1.jpg']
  assert index.matches(['b', '1.jpg']) == ['a/b/1.jpg']
  assert index.matches(['z', 'a', 'b', '1.jpg']) == ['a/b/1.jpg']
  assert index.matches(['c', '1.jpg']) == []
  assert index.matches(['c', '1.jpg'], any_folder=True) == ['a/b/1.jpg']
  assert index.matches([]) == []


def test_spellings_are_alike_and_the_exact_one_comes_first(index):
  assert index.matches(['2.jpg']) == ['a/2.jpeg', 'c/2.JPG']
  assert index.matches(['2.JPG']) == ['c/2.JPG']
  assert index.matches(['X%20Y.TIFF']) == ['x y.tif']


def test_an_extension_may_be_left_out(index):
  assert index.matches(['b', '1']) == ['a/b/1.jpg']
  assert index.matches(['2']) == ['a/2.jpeg', 'c/2.JPG']
  assert index.matches(['1.png']) == []


def test_some_files_are_shown(index, tmp_path):
  assert index.some == ['a/2.jpeg', 'a/b/1.jpg', 'c/2.JPG', '...']
  assert FolderIndex(str(tmp_path / 'c')).some == ['2.JPG']


def test_hidden_folders_are_left_out(index):
  assert index.matches(['9.jpg']) == []


def test_near_names_come_in_order(index, tmp_path):
  for i in range(10):
    (tmp_path / f'image_{i}.png').write_bytes(b'')
  near = index.near(['elsewhere', 'imagex7.jpg'], thorough=True)
  assert near[0] == 'image_7.png' and len(near) == NUM_NEAR
  assert index.near(['elsewhere', 'imagex7.jpg'], thorough=False) == []
  assert index.near(['image_7.jpg'], thorough=False) == ['image_7.png']
  assert index.near(['unlike everything'], thorough=True) == []
  assert index.near([], thorough=True) == []


def test_names_that_are_not_utf_8_are_left_out(tmp_path):
  (tmp_path / 'bad\udcff.jpg').write_bytes(b'')
  assert FolderIndex(str(tmp_path)).near(['bad.jpg'], thorough=True) == []
