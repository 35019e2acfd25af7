"""An offset moves every id, and nothing else."""

import pytest

from tfrecord_tools import id_offsets
from tfrecord_tools.entries import Dataset, ImageEntry
from tfrecord_tools.faults import Drops


def dataset(*numbers, **fields):
  images = {n: ImageEntry(n, (f'{n}.jpg',), ()) for n in numbers}
  return Dataset(images, {}, len(images), 0, Drops(), '', 0, **fields)


def test_no_offset_leaves_the_data_set():
  plain = dataset(3)
  assert id_offsets.moved(plain, 0) is plain


def test_ids_and_their_table_move():
  renumbered = {'image_ids': {'x': 3}, 'category_ids': {'0': 1}}
  moved = id_offsets.moved(dataset(3, 5, renumbered=renumbered), 100)
  assert {k: (e.id, e.file_names) for k, e in moved.images.items()} == {
    103: (103, ('3.jpg',)),
    105: (105, ('5.jpg',)),
  }
  assert moved.renumbered == {
    'image_ids': {'x': 103},
    'category_ids': {'0': 1},
  }
  assert renumbered['image_ids'] == {'x': 3}


def test_an_id_that_would_not_fit_is_refused():
  largest = 2**63 - 1
  assert largest in id_offsets.moved(dataset(1), largest - 1).images
  with pytest.raises(ValueError, match='64 bits; give a smaller number'):
    id_offsets.moved(dataset(2), largest - 1)
