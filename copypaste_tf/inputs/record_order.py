"""Which records a host reads, and in which order.

The order of an epoch is a function of the seed and the number of the epoch
alone. So an epoch can be entered in its middle, which a resumed run does, and
nothing of the shuffle buffer has to be stored.
"""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

_ENDLESS = 2**62


class Slice(NamedTuple):
  """A file, or every `parts`-th of its records from number `part` on."""

  path: str
  parts: int = 1
  part: int = 0


def slices(paths: Sequence[str], hosts: int = 1, host: int = 0) -> list[Slice]:
  """Divides records between hosts: each goes to one, and all get as many.

  As many files as can be dealt out evenly are read by one host each; the rest
  (all, where there are fewer files than hosts) is read by every host, which
  keeps its part of the records.

  Args:
    paths: TFRecord files, in the same order on every host.
    hosts: how many there are.
    host: which one this is, from 0 on.

  Returns:
    The part of this host.
  """
  even = len(paths) - len(paths) % hosts
  return [
    *(Slice(path) for path in paths[host:even:hosts]),
    *(Slice(path, hosts, host) for path in paths[even:]),
  ]


def shuffled_records(
  share: Sequence[Slice],
  seed: int,
  *,
  shuffle_buffer_size: int,
  cycle_length: int = 16,
  first_epoch: int = 0,
  skip: int = 0,
) -> tf.data.Dataset:
  """Reads serialized records forever, in another order every epoch.

  Files are shuffled and read `cycle_length` at a time; then the serialized
  records, which are much smaller than decoded ones, are shuffled.

  Args:
    share: what to read.
    seed: of the order.
    shuffle_buffer_size: records to draw from.
    cycle_length: files read in turn.
    first_epoch: number of the epoch to begin with.
    skip: records of that epoch to leave out, which are read but not decoded.

  Returns:
    A dataset of scalar strings.

  Raises:
    ValueError: if there are no files, or no records in them.
  """
  _require_records(share)
  columns = _columns(share)

  def epoch(number):
    tf.random.set_seed(1)  # Of this function; else that of the process counts.
    key = tf.stack([tf.constant(seed, tf.int64), number])
    order = _permutation(key, len(share))
    files = tf.data.Dataset.from_tensor_slices(
      tuple(tf.gather(column, order) for column in columns)
    )
    records = _interleaved(files, cycle_length).shuffle(
      shuffle_buffer_size, _shuffle_seed(key), reshuffle_each_iteration=False
    )
    begun = tf.cast(number == first_epoch, tf.int64)
    return records.skip(begun * skip)

  return tf.data.Dataset.range(first_epoch, _ENDLESS).flat_map(epoch)


def splittable_records(
  paths: Sequence[str],
  seed: int,
  *,
  shuffle_buffer_size: int,
  cycle_length: int = 16,
  first_epoch: int = 0,
  epochs: int = _ENDLESS,
) -> tf.data.Dataset:
  """Reads serialized records in a way that workers can share.

  The source is a list of file numbers, epoch after epoch, each epoch in an
  order of its own. The tf.data service deals them out one by one, so every
  epoch reads each file once, whichever worker it is on. (The order of
  `shuffled_records` can't be shared: its source are epochs.)

  Args:
    paths: TFRecord files.
    seed: of the order of the files, and of what a worker draws.
    shuffle_buffer_size: records to draw from, on each worker.
    cycle_length: files read in turn, on each worker.
    first_epoch: number of the epoch to begin with.
    epochs: how many to read, forever by default.

  Returns:
    A dataset of scalar strings.

  Raises:
    ValueError: if there are no files, or no records in them.
  """
  share = slices(paths)
  _require_records(share)
  columns, count = _columns(share), len(share)

  def file_of(number):
    key = tf.stack([tf.constant(seed, tf.int64), number // count])
    index = _permutation(key, count)[number % count]
    return tuple(column[index] for column in columns)

  first = min(first_epoch, _ENDLESS // count) * count
  last = min(first // count + epochs, _ENDLESS // count) * count
  files = tf.data.Dataset.range(first, last).map(file_of)
  return _interleaved(files, cycle_length).shuffle(shuffle_buffer_size, seed)


def count_records(share: Sequence[Slice]) -> int:
  """Counts records by reading all of them."""
  files = tf.data.Dataset.from_tensor_slices(_columns(share))
  ones = _interleaved(files, 16).map(lambda _: tf.constant(1, tf.int64))
  return int(ones.reduce(tf.constant(0, tf.int64), tf.add))


def _columns(share):
  """Returns the fields of all slices, as `tf.data` has them."""
  paths, parts, part = zip(*share, strict=True)
  return (
    tf.constant(paths),
    tf.constant(parts, tf.int64),
    tf.constant(part, tf.int64),
  )


def _interleaved(files, cycle_length):
  """Reads files in turn; `Options.deterministic` rules whether strictly so."""
  return files.interleave(
    lambda path, parts, part: tf.data.TFRecordDataset(path).shard(parts, part),
    cycle_length=cycle_length,
    num_parallel_calls=tf.data.AUTOTUNE,
  )


def _permutation(key, count):
  return tf.argsort(tf.random.stateless_uniform([count], key))


def _shuffle_seed(key):
  key = tf.random.experimental.stateless_fold_in(key, 1)
  return tf.random.stateless_uniform([], key, None, None, tf.int64)


def _require_records(share) -> None:
  """Raises where an endless reader would find nothing, endlessly."""
  if not share:
    raise ValueError('No record files were given; expected at least one path.')
  files = tf.data.Dataset.from_tensor_slices(_columns(share))
  for _ in _interleaved(files, 1).take(1):
    return
  raise ValueError(
    f'Found no records for this host in {share[0].path} and '
    f'{len(share) - 1} other files; expected at least as many records as hosts.'
  )
