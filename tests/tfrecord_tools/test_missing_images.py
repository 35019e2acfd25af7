"""Missing images are counted by the folder that the source names."""

from tfrecord_tools import missing_images
from tfrecord_tools.entries import ImageEntry
from tfrecord_tools.faults import SourceError

GONE = SourceError('missing_image', 'no such file')


def entries(*names, fault=None):
  return {i: ImageEntry(i, (n,), (), fault=fault) for i, n in enumerate(names)}


def test_a_set_that_is_complete_has_no_counts():
  found = entries('p1/a.jpg', 'b.jpg')
  assert missing_images.by_folder(found, found) == {}


def test_counts_are_those_of_the_stated_folders():
  stated = entries('v1/p1/a.jpg', 'v1/p1/b.jpg', 'v2/p2/c.jpg', 'd.jpg')
  resolved = entries('p1/a.jpg', 'p1/b.jpg', 'c.jpg', 'd.jpg')
  for number in (1, 3):
    resolved[number] = resolved[number]._replace(fault=GONE)
  other = SourceError('outside_of_image_dir', '')
  resolved[2] = resolved[2]._replace(fault=other)
  missing = missing_images.by_folder(stated, resolved)
  assert missing == {
    '': {'images': 1, 'missing': 1, 'names': ['d.jpg']},
    'v1/p1': {'images': 2, 'missing': 1, 'names': ['b.jpg']},
  }
  assert list(missing_images.lines(missing)) == [
    'no folder: 1 of 1 images are missing: d.jpg',
    'v1/p1: 1 of 2 images are missing: b.jpg',
  ]


def test_a_whole_archive_that_is_missing_is_told_shortly():
  names = [f'p/{i:03d}.jpg' for i in range(150)]
  names += [f'q{i:02d}/x.jpg' for i in range(25)]
  missing = missing_images.by_folder(
    entries(*names), entries(*names, fault=GONE)
  )
  assert missing['p']['missing'] == 150 and len(missing['p']['names']) == 100
  told = list(missing_images.lines(missing))
  assert told[0] == (
    'p: 150 of 150 images are missing: 000.jpg, 001.jpg, 002.jpg, ...'
  )
  assert len(told) == 21
  assert told[-1] == '6 more images are missing in 6 other folders'
