"""A folder of images is a data set of its own."""

import os

import pytest

from tfrecord_tools import image_folder
from tfrecord_tools.faults import ConversionError


def load(folder, *names, stop=False, **options):
  for name in names:
    path = os.path.join(os.fsencode(folder), os.fsencode(name))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, 'wb').close()
  return image_folder.load(str(folder), stop=stop, **options)


def names(dataset):
  return sorted(entry.file_names[0] for entry in dataset.images.values())


def test_distinct_numbers_are_the_ids(tmp_path):
  dataset = load(tmp_path, '000000000139.jpg', 'deep/25.PNG')
  assert {k: e.file_names for k, e in dataset.images.items()} == {
    139: ('000000000139.jpg',),
    25: ('deep/25.PNG',),
  }
  assert dataset.notes == {}
  assert dataset.labelled is False and dataset.categories == {}


def test_other_names_get_ids_that_stay_when_images_are_added(tmp_path):
  first = load(tmp_path, 'a/1.jpg', 'b/1.jpg')
  second = load(tmp_path, '0.jpg')
  assert first.notes == {'image_ids_from_digests_of_names': 2}
  assert first.images.items() < second.images.items()
  assert len(second.images) == 3 and first.sha256 != second.sha256


def test_only_images_are_taken_and_the_rest_is_named(tmp_path, capsys):
  dataset = load(
    tmp_path,
    'a.jpg',
    'b.webp',
    'n.txt',
    'x.json',
    'y.json',
    '._a.jpg',
    '.c/d.jpg',
  )
  assert names(dataset) == ['a.jpg', 'b.webp']
  told = capsys.readouterr().out
  assert '3 files are not read' in told and '.json (2), .txt (1)' in told


def test_globs_choose_files_of_folders(tmp_path):
  load(tmp_path, 'a.jpg', 'p1/b.jpg', 'p1/q/c.jpg', 'p2/d.png', 'p2/e')
  for globs, expected in (
    (['*.jpg'], ['a.jpg']),
    (['p1/*'], ['p1/b.jpg']),
    (['**/*.jpg'], ['a.jpg', 'p1/b.jpg', 'p1/q/c.jpg']),
    (['p1/**'], ['p1/b.jpg', 'p1/q/c.jpg']),
    (['p?/[de]*', 'p2/*'], ['p2/d.png', 'p2/e']),
  ):
    assert names(load(tmp_path, images=globs)) == expected, globs


def test_nothing_to_convert_is_an_error(tmp_path):
  with pytest.raises(ValueError, match=r'expected images .* got no file'):
    load(tmp_path)
  with pytest.raises(ValueError, match=r'got \.txt \(1\)'):
    load(tmp_path, 'n.txt')
  load(tmp_path, 'a.jpg')
  with pytest.raises(ValueError, match=r'--images=p/\* matches no file'):
    load(tmp_path, images=['*.jpg', 'p/*'])


def test_a_name_that_no_record_can_hold_is_counted_or_stops(tmp_path):
  dataset = load(tmp_path, 'a.jpg', b'\xff.jpg')
  assert names(dataset) == ['a.jpg'] and dataset.num_images == 2
  assert dataset.drops.images == {'malformed_file_name': 1}
  with pytest.raises(ConversionError, match=r"got b'\\xff.jpg'; rename"):
    load(tmp_path, stop=True)
