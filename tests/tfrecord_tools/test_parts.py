import pickle

import numpy as np
import pytest

from copypaste_tf.records import png
from tfrecord_tools.faults import SourceError
from tfrecord_tools.parts import Part, ReadPartMask

SQUARE = np.zeros((6, 9), np.uint8)
SQUARE[2:4, 5:8] = 255


def written(path, data):
  path.write_bytes(b'before' + data + b'after')
  return Part(str(path), 6, len(data))


def test_only_the_bytes_of_the_part_are_read(tmp_path):
  part = written(tmp_path / 'x', b'inside')
  assert part.read() == b'inside'
  assert part._replace(path=f'{tmp_path}/none').read() is None


def test_a_mask_is_read_in_its_tight_box_also_elsewhere(tmp_path):
  read = ReadPartMask(written(tmp_path / 'x', png.encode(SQUARE)))
  crop = pickle.loads(pickle.dumps(read))(SQUARE.shape)
  assert (crop.top, crop.left, crop.mask.shape) == (2, 5, (2, 3))
  assert crop.mask.all()


@pytest.mark.parametrize(
  ('data', 'shape', 'reason'),
  [
    (b'no PNG', (6, 9), 'malformed_mask'),
    (png.encode(SQUARE)[:40], (6, 9), 'malformed_mask'),
    (png.encode(SQUARE), (9, 6), 'mask_size_mismatch'),
  ],
)
def test_a_mask_that_cannot_be_is_a_fault(tmp_path, data, shape, reason):
  part = written(tmp_path / 'x', data)
  with pytest.raises(SourceError, match=f'^{reason}: .*x, byte 6: ') as caught:
    ReadPartMask(part)(shape)
  assert caught.value.reason == reason


def test_a_file_that_is_gone_is_a_fault(tmp_path):
  with pytest.raises(SourceError, match='malformed_mask'):
    ReadPartMask(Part(f'{tmp_path}/none', 0, 9))((6, 9))
