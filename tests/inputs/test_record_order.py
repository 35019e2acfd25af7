"""Every record once an epoch, on one host, in an order that can be entered."""

import gzip
import itertools
import pathlib
from collections import Counter

import pytest
import serialized
import tensorflow as tf

from copypaste_tf.inputs import record_order
from copypaste_tf.inputs.record_order import Slice

KNOBS = {'shuffle_buffer_size': 5, 'cycle_length': 2}
SIZES = (4, 3, 5)
ALL = [f'{file}{i}' for file, size in enumerate(SIZES) for i in range(size)]


@pytest.fixture(scope='module')
def files(tmp_path_factory):
  """Files of 4, 3 and 5 records: 00, 01, ... 24."""
  folder = tmp_path_factory.mktemp('records')
  return [
    serialized.write(
      folder / str(file), [f'{file}{i}'.encode() for i in range(size)]
    )
    for file, size in enumerate(SIZES)
  ]


def read(files, count, seed=0, **knobs):
  share = record_order.slices(files)
  dataset = record_order.shuffled_records(share, seed, **KNOBS | knobs)
  return take(dataset, count)


def take(dataset, count):
  return [x.decode() for x in dataset.take(count).as_numpy_iterator()]


def test_every_record_once_an_epoch_in_a_new_order(files):
  order = read(files, 36)
  epochs = [order[i : i + 12] for i in (0, 12, 24)]
  assert all(sorted(epoch) == ALL for epoch in epochs)
  assert epochs[0] != epochs[1] != epochs[2] != epochs[0]


def test_files_are_mixed_and_come_in_a_new_order(files):
  first = [
    record[0]
    for record in read(files, 240, cycle_length=1, shuffle_buffer_size=1)[::12]
  ]
  assert set(first) == {'0', '1', '2'}


def test_the_order_is_that_of_the_seed(files):
  assert read(files, 30, seed=3) == read(files, 30, seed=3)
  assert read(files, 12, seed=3) != read(files, 12, seed=4)


@pytest.mark.parametrize('done', [0, 1, 11, 12, 13, 31])
def test_an_epoch_can_be_entered_anywhere(files, done):
  epoch, skip = divmod(done, 12)
  rest = read(files, 20, first_epoch=epoch, skip=skip)
  assert rest == read(files, done + 20)[done:]


@pytest.mark.parametrize('hosts', [1, 2, 3, 4, 5])
def test_every_record_is_on_exactly_one_host(files, hosts):
  parts = []
  for host in range(hosts):
    share = record_order.slices(files, hosts, host)
    size = record_order.count_records(share)
    dataset = record_order.shuffled_records(share, 0, **KNOBS)
    epoch = take(dataset, 2 * size)
    assert Counter(epoch) == Counter(2 * [*set(epoch)])
    parts.append(set(epoch))
  assert sorted(itertools.chain(*parts)) == ALL


def test_files_that_are_left_over_are_shared_by_record():
  paths = ['a', 'b', 'c', 'd', 'e']
  assert record_order.slices(paths, 2, 1) == [
    *(Slice('b'), Slice('d')),
    Slice('e', 2, 1),
  ]
  assert record_order.slices(paths) == [Slice(path) for path in paths]
  assert record_order.slices(['a'], 3, 2) == [Slice('a', 3, 2)]


def test_hosts_get_as_much_of_files_of_one_size(tmp_path):
  names = [
    serialized.write(tmp_path / str(file), [b'x'] * 10) for file in range(5)
  ]
  sizes = [
    record_order.count_records(record_order.slices(names, 3, host))
    for host in range(3)
  ]
  assert sum(sizes) == 50 and max(sizes) - min(sizes) <= 2


def splittable(files, count=None, seed=0, **knobs):
  dataset = record_order.splittable_records(files, seed, **KNOBS | knobs)
  return take(dataset, -1 if count is None else count)


def test_splittable_records_are_those_of_each_epoch(files):
  order = splittable(files, epochs=3)
  assert Counter(order) == Counter(ALL * 3)
  assert splittable(files, 24) == order[:24]
  assert splittable(files, 24, seed=1) != order[:24]
  assert splittable(files, 24, first_epoch=1) != order[:24]


def test_splittable_files_come_in_a_new_order_each_epoch(files):
  order = splittable(files, epochs=12, cycle_length=1, shuffle_buffer_size=1)
  epochs = [''.join(r[0] for r in order[i : i + 12]) for i in range(0, 144, 12)]
  assert len(set(epochs)) > 2
  assert all(sorted(e) == sorted(epochs[0]) for e in epochs)


@pytest.mark.parametrize('done', [0, 5, 13])
def test_compressed_files_keep_the_order_and_the_position(
  files, tmp_path, done
):
  """The plain name decides nothing; one file stays plain."""
  mixed = [tmp_path / str(i) for i in range(3)]
  for path, source in zip(mixed, files, strict=True):
    contents = pathlib.Path(source).read_bytes()
    path.write_bytes(
      gzip.compress(contents, mtime=0) if path != mixed[1] else contents
    )
  paths = [str(path) for path in mixed]
  share = record_order.slices(paths)
  assert record_order.count_records(share) == len(ALL)
  assert read(paths, 12, skip=done) == read(files, 12, skip=done)


def test_nothing_to_read_is_an_error(tmp_path):
  for make in (record_order.shuffled_records, record_order.splittable_records):
    with pytest.raises(ValueError, match='No record files'):
      make([], 0, **KNOBS)
  (tmp_path / 'empty').touch()
  share = record_order.slices([f'{tmp_path}/empty'], 3, 2)
  with pytest.raises(ValueError, match=r'no records for this host in .*empty'):
    record_order.shuffled_records(share, 0, **KNOBS)


def test_the_seed_of_the_process_changes_nothing(files):
  before = read(files, 24)
  try:
    tf.random.set_seed(5)
    assert read(files, 24) == before
  finally:
    tf.random.set_seed(None)
