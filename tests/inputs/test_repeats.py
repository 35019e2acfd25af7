"""Records are repeated by their factors, exactly, also in a resumed run."""

from collections import Counter

import numpy as np
import pytest
import serialized
import tensorflow as tf

from copypaste_tf.inputs import record_order, repeats

KNOBS = {'shuffle_buffer_size': 6, 'cycle_length': 2}
FACTORS = [[1.0, 2.5, 1.0, 3.16], [1.0], [], [1.01, 7.07, 1.0, 1.0, 1.42]]


@pytest.fixture(scope='module')
def files(tmp_path_factory):
  """Files of 4, 1, 0 and 5 records: 00, 01, ... 34."""
  folder = tmp_path_factory.mktemp('records')
  return [
    serialized.write(
      folder / str(file), [f'{file}{i}'.encode() for i in range(len(factors))]
    )
    for file, factors in enumerate(FACTORS)
  ]


def factors_of(files):
  return {
    path: np.array(factors)
    for path, factors in zip(files, FACTORS, strict=True)
  }


def prepare(files, share):
  return repeats.of_files([piece.path for piece in share], factors_of(files))


def epochs(files, count, hosts=1, host=0, seed=0):
  """Returns the records of each epoch of a host."""
  share = record_order.slices(files, hosts, host)
  ours = prepare(files, share)
  lengths = [
    record_order.epoch_length(share, seed, epoch, ours)
    for epoch in range(count)
  ]
  read = record_order.shuffled_records(share, seed, repeats=ours, **KNOBS)
  order = [x.decode() for x in read.take(sum(lengths)).as_numpy_iterator()]
  ends = np.cumsum(lengths)
  return [order[end - n : end] for n, end in zip(lengths, ends, strict=True)]


def key(seed, epoch):
  return tf.constant([seed, epoch], tf.int64)


def counts_by_hand(factors, offset):
  """Returns how often each record of a file appears, by a loop."""
  counts, total = [], 0
  for factor in factors:
    before = (total + offset) >> 20
    total += round(factor * 2**20)
    counts.append(((total + offset) >> 20) - before)
  return counts


def test_each_record_appears_floor_or_ceil_of_its_factor(files):
  for epoch, order in enumerate(epochs(files, 30)):
    ours = prepare(files, record_order.slices(files))
    offsets = ours.columns(key(0, epoch))[2].numpy()
    found = Counter(order)
    for file, factors in enumerate(FACTORS):
      counts = [found[f'{file}{i}'] for i in range(len(factors))]
      assert counts == counts_by_hand(factors, int(offsets[file]))
      for count, factor in zip(counts, factors, strict=True):
        assert count in (np.floor(factor), np.ceil(factor))


def test_rates_over_many_epochs_are_the_factors(files):
  ours = prepare(files, record_order.slices(files))
  sums = np.zeros(len(FACTORS[3]))
  draws = 1000
  for epoch in range(draws):
    offset = int(ours.columns(key(5, epoch))[2][3])
    sums += counts_by_hand(FACTORS[3], offset)
  # A rate is off by at most 0.5 / sqrt(draws), 0.016, in standard deviations.
  np.testing.assert_allclose(sums / draws, FACTORS[3], atol=0.07)


def test_offsets_differ_between_files_epochs_and_seeds(files):
  ours = prepare(files, record_order.slices(files))
  offsets = [
    value
    for seed in range(3)
    for epoch in range(10)
    for value in ours.columns(key(seed, epoch))[2].numpy().tolist()
  ]
  assert len(set(offsets)) > 0.99 * len(offsets)
  assert min(offsets) >= 0 and max(offsets) < 2**20


@pytest.mark.parametrize('done', [0, 1, 7, 19, 20, 47])
def test_a_stopped_run_goes_on_with_its_next_record(files, done):
  share = record_order.slices(files)
  ours = prepare(files, share)
  whole = sum(epochs(files, 4), [])
  epoch, used = 0, done
  while used >= (n := record_order.epoch_length(share, 0, epoch, ours)):
    epoch, used = epoch + 1, used - n
  rest = record_order.shuffled_records(
    share, 0, repeats=ours, first_epoch=epoch, skip=used, **KNOBS
  )
  rest = [x.decode() for x in rest.take(12).as_numpy_iterator()]
  assert rest == whole[done : done + 12]


@pytest.mark.parametrize('hosts', [2, 3])
def test_hosts_divide_the_repeated_records(files, hosts):
  """Also those of a file that all hosts read."""
  parts = [epochs(files, 3, hosts, host) for host in range(hosts)]
  for epoch, whole in enumerate(epochs(files, 3)):
    together = sum((part[epoch] for part in parts), [])
    assert Counter(together) == Counter(whole)


def test_splittable_records_are_those_of_each_epoch(files):
  share = record_order.slices(files)
  read = record_order.splittable_records(
    files, 0, epochs=3, repeats=prepare(files, share), **KNOBS
  )
  order = [x.decode() for x in read.as_numpy_iterator()]
  assert Counter(order) == Counter(sum(epochs(files, 3), []))


def test_without_a_factor_above_1_nothing_is_prepared(files):
  ones = {path: np.ones(3) for path in files}
  assert repeats.of_files(files, ones) is None
