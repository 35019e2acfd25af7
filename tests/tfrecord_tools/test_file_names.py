"""Image files are found by names that other tools and systems write."""

import os
import unicodedata

import pytest

from tfrecord_tools import file_names
from tfrecord_tools.entries import ImageEntry

SIMILAR = 'images_found_by_similar_names'


@pytest.fixture
def folder(tmp_path):
  return tmp_path / 'images'


def fill(folder, *names):
  for name in names:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b'')


def resolve(folder, *names, allow_outside=False):
  """Resolves one entry per name; a tuple holds the names of one entry."""
  entries = {
    k: ImageEntry(k, name if isinstance(name, tuple) else (name,), ())
    for k, name in enumerate(names, 1)
  }
  resolved = file_names.resolve(
    entries, str(folder), allow_outside=allow_outside
  )
  assert list(resolved) == list(entries)
  return [resolved[key] for key in entries]


def test_names_that_exist_stay_as_they_are(folder):
  fill(folder, '1.jpg', 'a/2.jpg', './odd\\name.jpg')
  names = ['1.jpg', './1.jpg', 'a/2.jpg', 'odd\\name.jpg']
  entries = resolve(folder, *names)
  assert [entry.file_names[0] for entry in entries] == names
  assert not any(entry.notes or entry.fault for entry in entries)


def test_the_first_name_that_exists_is_taken(folder):
  fill(folder, '2.jpg', '1.jpg')
  (entry,) = resolve(folder, ('val/2.jpg', '2.jpg', '1.jpg'))
  assert entry.file_names == ('2.jpg',) and not entry.notes


@pytest.mark.parametrize(
  ('stated', 'file'),
  [
    ('images/1.jpg', '1.jpg'),
    ('images\\1.jpg', '1.jpg'),
    ('C:\\data\\images\\1.jpg', '1.jpg'),
    ('/home/somebody/images/1.jpg', '1.jpg'),
    ('../other/1.jpg', '1.jpg'),
    ('http://host:80/a/images/1.jpg?size=2#x', '1.jpg'),
    ('s3://bucket/1.jpg', '1.jpg'),
    ('1.jpg', 'sub/1.jpg'),
    ('data/sub/1.jpg', 'sub/1.jpg'),
    ('1.JPG', '1.jpg'),
    ('1.jpeg', '1.jpg'),
    ('IMG.jpg', 'img.JPG'),
    ('voc/1', '1.jpg'),
    ('a%20b.jpg', 'a b.jpg'),
    ('a b.jpg', 'a%20b.jpg'),
    (' 1.jpg ', '1.jpg'),
    (unicodedata.normalize('NFC', 'für.jpg'), 'fu\u0308r.jpg'),
    (unicodedata.normalize('NFD', 'für.jpg'), 'f\u00fcr.jpg'),
  ],
)
def test_a_name_that_is_written_otherwise_is_found_and_noted(
  folder, stated, file
):
  fill(folder, file, 'another.jpg', 'sub/another.png')
  (entry,) = resolve(folder, stated)
  assert entry.file_names == (file,)
  ((name, detail),) = entry.notes
  assert name == SIMILAR and detail == f'{file} was read for {stated!r}'


def test_the_file_that_agrees_in_most_folders_is_taken(folder):
  fill(folder, '1.jpg', 'train/1.jpg', 'val/1.jpg', '2.jpg', '2.JPG')
  entries = resolve(folder, 'data/train/1.jpg', 'data/val/1.jpg', 'x/2.jpg')
  files = [entry.file_names[0] for entry in entries]
  assert files == ['train/1.jpg', 'val/1.jpg', '2.jpg']


def test_another_folder_is_no_match_but_is_shown(folder):
  fill(folder, 'val/1.jpg')
  (entry,) = resolve(folder, 'train/1.jpg')
  assert entry.fault.reason == 'missing_image'
  assert entry.fault.detail.endswith(
    'images/train/1.jpg: no such file, but there exists: val/1.jpg'
  )


def test_several_files_of_a_name_are_shown(folder):
  fill(folder, 'a/1.jpg', 'b/1.jpg')
  (entry,) = resolve(folder, '1.jpg')
  assert entry.fault.detail.endswith('there exists: a/1.jpg, b/1.jpg')


def test_a_file_is_not_taken_for_two_different_names(folder):
  fill(folder, '1.jpg', '2.jpg', '3.jpg')
  names = ('a/1.jpg', 'b/1.jpg', 'a/2.jpg', '2.jpg', 'a/3.jpg', 'a/3.jpg')
  entries = resolve(folder, *names)
  kept = [entry.fault is None for entry in entries]
  # The last two are one name, with two ids.
  assert kept == [False, False, False, True, True, True]
  assert '1.jpg exists, but is also near to b/1.jpg' in entries[0].fault.detail


def test_the_folder_above_is_advised(folder):
  fill(folder, 'images/1.jpg', 'annotations/a.json')
  (entry,) = resolve(folder / 'annotations', 'images/1.jpg')
  above = folder.absolute()
  assert entry.fault.detail.endswith(
    f', but {above}/images/1.jpg exists: pass --image_dir={above}'
  )


def test_near_names_are_shown(folder):
  fill(folder, *(f'frame_{i:04}.png' for i in range(500)), 'zebra.jpg')
  near, far = resolve(folder, 'frame_0037.jpg', 'kangaroo.tif')
  assert 'there exists: frame_0037.png' in near.fault.detail
  assert far.fault.detail.endswith(
    'which holds frame_0000.png, frame_0001.png, frame_0002.png, ...'
  )


def test_files_outside_are_refused_and_the_flag_is_named(folder):
  fill(folder, '1.jpg')
  secret = folder.parent / 'secret.jpg'
  secret.write_bytes(b'')
  names = ('../secret.jpg', str(secret), 'x/../../secret.jpg')
  for entry in resolve(folder, *names):
    assert entry.fault.reason == 'outside_of_image_dir'
    assert '--allow_outside_image_dir' in entry.fault.detail
  for name, entry in zip(
    names, resolve(folder, *names, allow_outside=True), strict=True
  ):
    assert entry.file_names == (os.path.normpath(name),)
    assert entry.fault is None
    assert entry.notes[0].name == 'images_outside_of_image_dir'


def test_names_that_lead_back_into_the_folder_are_inside(folder):
  fill(folder, '1.jpg', 'a/2.jpg')
  link = folder.parent / 'link'
  link.symlink_to(folder)
  names = ('../images/1.jpg', str(folder / 'a/2.jpg'), 'a/../1.jpg', '1.jpg/')
  files = [entry.file_names[0] for entry in resolve(folder, *names)]
  assert files == ['1.jpg', 'a/2.jpg', '1.jpg', '1.jpg']
  (entry,) = resolve(link, str(folder / '1.jpg'))
  assert entry.file_names == ('1.jpg',) and not entry.notes


def test_links_within_the_folder_may_lead_out(folder):
  fill(folder.parent / 'elsewhere', '1.jpg', 'sub/2.jpg')
  folder.mkdir()
  (folder / 'linked').symlink_to(folder.parent / 'elsewhere')
  (folder / 'one.jpg').symlink_to(folder.parent / 'elsewhere/1.jpg')
  (folder / 'loop').symlink_to(folder)
  names = ('one.jpg', 'linked/1.jpg', 'images\\linked\\sub\\2.jpg')
  files = [entry.file_names[0] for entry in resolve(folder, *names)]
  assert files == ['one.jpg', 'linked/1.jpg', 'linked/sub/2.jpg']


@pytest.mark.parametrize('name', ['', '..', '/', 'a\0b', '\ud800.jpg', 'http:'])
def test_impossible_names_are_missing(folder, name):
  fill(folder, '1.jpg')
  (entry,) = resolve(folder, name)
  assert entry.fault.reason in ('missing_image', 'outside_of_image_dir')
  assert entry.fault.detail.isprintable()


def test_the_folder_is_listed_only_for_missing_names(folder, monkeypatch):
  fill(folder, *(f'{i}.jpg' for i in range(20)))
  listings = []
  walk = os.walk

  def counting(*args, **options):
    listings.append(args)
    return walk(*args, **options)

  monkeypatch.setattr(os, 'walk', counting)
  resolve(folder, *(f'{i}.jpg' for i in range(20)))
  assert not listings
  resolve(folder, *(f'x/{i}.jpg' for i in range(40)))
  assert len(listings) == 1


def test_an_image_is_found_by_its_url_if_its_name_is_of_another_release(folder):
  fill(folder, 'val2017/12.jpg')
  name = 'COCO_val2014_12.jpg'
  (entry,) = resolve(folder, (name, 'val2017/12.jpg', '12.jpg'))
  assert entry.file_names == ('val2017/12.jpg',)
  (note,) = entry.notes
  assert note.name == 'images_found_by_second_name'
  assert note.detail == f"val2017/12.jpg was read for '{name}'"
  fill(folder, name)
  (entry,) = resolve(folder, (name, 'val2017/12.jpg', '12.jpg'))
  assert entry.file_names == (name,) and not entry.notes
