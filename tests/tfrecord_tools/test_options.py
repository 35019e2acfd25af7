"""Settings out of range are refused before anything is read."""

import math

import pytest
from coco_folder import CocoFolder
from conversions import convert


@pytest.fixture
def folder(tmp_path):
  return CocoFolder(tmp_path / 'data')


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'num_shards': 0}, 'num_shards must be 1'),
    ({'num_workers': 0}, 'num_workers must be at least 1'),
    ({'fraction': 0.0}, 'fraction must be above 0'),
    ({'fraction': math.nan}, 'fraction must be above 0'),
    ({'on_error': 'ignore'}, 'on_error must be one of'),
    ({'image_dir': 'absent'}, 'no such folder'),
    ({'annotations': 'absent'}, 'no such file'),
  ],
)
def test_options_out_of_range_are_refused(folder, changes, message):
  folder.add(1)
  with pytest.raises((ValueError, FileNotFoundError), match=message):
    convert(folder, **changes)


def test_more_shards_than_their_names_allow_are_refused(folder):
  folder.add(1)
  with pytest.raises(ValueError, match='must be 1 to 99999, got 100000'):
    convert(folder, num_shards=100_000)
