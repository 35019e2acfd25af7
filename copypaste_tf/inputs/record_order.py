"""Chooses the records that a host reads, and their order.

The order of an epoch depends only on the seed and the number of the epoch. So a
resumed run can start in the middle of an epoch, and no checkpoint has to store
the shuffle buffer.
"""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.inputs.repeats import Repeats
from copypaste_tf.records import streams

_ENDLESS = 2**62


class Slice(NamedTuple):
  """A file, or every `parts`-th record of it from number `part` on."""

  path: str
  parts: int = 1
  part: int = 0


def slices(paths: Sequence[str], hosts: int = 1, host: int = 0) -> list[Slice]:
  """Divides records evenly between hosts, each record to one host.

  Each host gets the same number of whole files. All hosts read the remaining
  files (all files, if there are fewer than hosts), and each host keeps its part
  of their records.

  Args:
    paths: TFRecord files, in the same order on every host.
    hosts: number of hosts.
    host: number of this host, from 0 on.

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
  repeats: Repeats | None = None,
) -> tf.data.Dataset:
  """Reads serialized records forever, each epoch in another order.

  Files are shuffled and `cycle_length` of them are read at a time. Then the
  serialized records, which are much smaller than decoded ones, are shuffled.

  Args:
    share: files, or parts of their records.
    seed: seed of the order.
    shuffle_buffer_size: records in the shuffle buffer.
    cycle_length: files read in turn.
    first_epoch: number of the first epoch.
    skip: records of that epoch to skip; they are read but not decoded.
    repeats: how often records appear in an epoch; None is once.

  Returns:
    A dataset of scalar strings.

  Raises:
    ValueError: if there are no files, or no records in them.
  """
  columns = _columns(share)
  _require_records(share, columns)

  @tf.autograph.experimental.do_not_convert
  def epoch(number):
    # Fixes the op seed, so the order does not depend on the process's seed.
    tf.random.set_seed(1)
    key = _key(seed, number)
    order = _permutation(key, len(share))
    drawn = repeats.columns(key) if repeats else ()
    files = tf.data.Dataset.from_tensor_slices(
      tuple(tf.gather(column, order) for column in (*columns, *drawn))
    )
    records = _interleaved(files, cycle_length, repeats).shuffle(
      shuffle_buffer_size, _shuffle_seed(key), reshuffle_each_iteration=False
    )
    is_first = tf.cast(number == first_epoch, tf.int64)
    return records.skip(is_first * skip)

  return tf.data.Dataset.range(first_epoch, _ENDLESS).flat_map(epoch)


def splittable_records(
  paths: Sequence[str],
  seed: int,
  *,
  shuffle_buffer_size: int,
  cycle_length: int = 16,
  first_epoch: int = 0,
  epochs: int = _ENDLESS,
  repeats: Repeats | None = None,
) -> tf.data.Dataset:
  """Reads serialized records from a source that workers can share.

  The source is a list of file numbers, epoch after epoch, each epoch in an
  order of its own. The tf.data service deals them out one by one, so each file
  is read once in an epoch, by any worker. Workers cannot share the source of
  `shuffled_records`, whose elements are epochs.

  Args:
    paths: TFRecord files.
    seed: seed of the order of the files and of the shuffle buffers.
    shuffle_buffer_size: records in the shuffle buffer of each worker.
    cycle_length: files that each worker reads in turn.
    first_epoch: number of the first epoch.
    epochs: number of epochs, endless by default.
    repeats: how often records appear in an epoch; None is once.

  Returns:
    A dataset of scalar strings.

  Raises:
    ValueError: if there are no files, or no records in them.
  """
  share = slices(paths)
  columns, count = _columns(share), len(share)
  _require_records(share, columns)

  @tf.autograph.experimental.do_not_convert
  def file_of(number):
    key = _key(seed, number // count)
    index = _permutation(key, count)[number % count]
    drawn = repeats.columns(key) if repeats else ()
    return tuple(column[index] for column in (*columns, *drawn))

  first = min(first_epoch, _ENDLESS // count) * count
  last = min(first // count + epochs, _ENDLESS // count) * count
  files = tf.data.Dataset.range(first, last).map(file_of)
  records = _interleaved(files, cycle_length, repeats)
  return records.shuffle(shuffle_buffer_size, seed)


def epoch_length(
  share: Sequence[Slice], seed: int, epoch: int, repeats: Repeats
) -> int:
  """Returns the number of records that a host reads in an epoch.

  Args:
    share: files, or parts of their records.
    seed: seed of the order.
    epoch: number of the epoch.
    repeats: how often records appear.
  """
  lengths = repeats.lengths(_key(seed, tf.constant(epoch, tf.int64))).numpy()
  return sum(
    len(range(piece.part, length, piece.parts))
    for piece, length in zip(share, lengths.tolist(), strict=True)
  )


def count_records(share: Sequence[Slice]) -> int:
  """Counts records by reading all of them."""
  files = tf.data.Dataset.from_tensor_slices(_columns(share))
  ones = _interleaved(files, 16).map(lambda _: tf.constant(1, tf.int64))
  total = streams.untuned(ones).reduce(tf.constant(0, tf.int64), tf.add)
  return int(total)


def _columns(share):
  """Returns paths, compressions and each other field of all slices.

  Raises:
    ValueError: there are no slices.
  """
  if not share:
    raise ValueError('No record files were given; expected at least one path.')
  paths, parts, part = zip(*share, strict=True)
  return (
    tf.constant(paths),
    tf.constant(streams.compressions(paths)),
    tf.constant(parts, tf.int64),
    tf.constant(part, tf.int64),
  )


def _interleaved(files, cycle_length, repeats=None):
  """Reads files in turn, strictly so if `Options.deterministic` is set."""

  @tf.autograph.experimental.do_not_convert
  def read(path, compression, parts, part, *drawn):
    records = tf.data.TFRecordDataset(path, compression)
    if repeats:
      records = repeats.repeat(records, *drawn)
    # After the repeats, so that hosts divide a file evenly.
    return records.shard(parts, part)

  return files.interleave(
    read,
    cycle_length=cycle_length,
    num_parallel_calls=tf.data.AUTOTUNE,
  )


def _key(seed, epoch):
  """Returns the seed of an epoch, `[2]` int64; the same on all hosts."""
  return tf.stack([tf.constant(seed, tf.int64), epoch])


def _permutation(key, count):
  return tf.argsort(tf.random.stateless_uniform([count], key))


def _shuffle_seed(key):
  key = tf.random.experimental.stateless_fold_in(key, 1)
  return tf.random.stateless_uniform([], key, None, None, tf.int64)


def _require_records(share, columns) -> None:
  """Raises ValueError without records, since an endless reader would hang."""
  files = tf.data.Dataset.from_tensor_slices(columns)
  for _ in streams.untuned(_interleaved(files, 1).take(1)):
    return
  raise ValueError(
    f'Found no records for this host in {share[0].path} and '
    f'{len(share) - 1} other files; expected at least as many records as hosts.'
  )
