"""Which images are taken and where they go."""

import os

import pytest

from tfrecord_tools import sharding


def test_selection_depends_on_seed_and_ids_alone():
  ids = list(range(100, 400))
  chosen = sharding.sample(ids, fraction=1.0, seed=3)
  assert sorted(chosen) == ids
  assert chosen != ids
  assert sharding.sample(reversed(ids), fraction=1.0, seed=3) == chosen
  assert sharding.sample(ids, fraction=1.0, seed=4) != chosen
  assert sharding.sample(ids, fraction=0.1, seed=3) == chosen[:30]
  assert sharding.sample(ids, fraction=1e-6, seed=3) == chosen[:1]
  assert sharding.sample([], fraction=0.5, seed=3) == []


def test_a_fraction_is_a_fair_sample():
  chosen = sharding.sample(range(20_000), fraction=0.25, seed=0)
  low = sum(image_id < 10_000 for image_id in chosen)
  # Five standard deviations of a hypergeometric draw.
  assert abs(low - 2500) < 5 * 30.6


@pytest.mark.parametrize('fraction', [0.0, -1.0, 1.01, float('nan')])
def test_fractions_out_of_range_are_refused(fraction):
  with pytest.raises(ValueError, match='above 0 and at most 1'):
    sharding.sample([1], fraction=fraction, seed=0)


def test_dealing_keeps_all_and_differs_by_one_at_most():
  shards = sharding.deal(list(range(11)), 4)
  assert sorted(sum(shards, [])) == list(range(11))
  assert [len(shard) for shard in shards] == [3, 3, 3, 2]


def test_existing_lists_files_of_its_prefix_only(tmp_path):
  names = [
    'a-00000-of-00002.tfrecord',
    'a-00000-of-00002.tfrecord.json',
    '.a-00001-of-00002.tfrecord.55.tmp',
    '.a-00001-of-00002.tfrecord.json.55.tmp',
    '.a-manifest.json.55.tmp',
    '.a-tasks.0f.tmp',
    'a-manifest.json',
    'ab-00000-of-00002.tfrecord',
    'xa-00000-of-00002.tfrecord',
    'a-00000-of-00002.tfrecord.bak',
  ]
  for name in names:
    (tmp_path / name).write_bytes(b'')

  def found(**kind):
    paths = sharding.existing(str(tmp_path / 'a'), **kind)
    return [os.path.basename(path) for path in paths]

  assert found(temporary=False) == names[:2]
  assert found(temporary=True) == names[2:6]
