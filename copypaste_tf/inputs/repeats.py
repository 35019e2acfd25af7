"""Repeats the records of a stream by factors that are no whole numbers.

In file order, record i of a file appears `floor(S[i] + u) - floor(S[i-1] + u)`
times, where S is the running sum of the factors within the file and u, in
[0, 1), is drawn for each file and epoch. So each record appears floor or ceil
of its factor, in expectation exactly the factor, and an epoch's length follows
from the sums alone: a run can resume, and hosts can share a file.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

# Sums are integers, so that every machine rounds alike.
_BITS = 20


class Repeats(NamedTuple):
  """The repeats of the files that a host reads.

  Attributes:
    sums: `[records]` int64 running sums within each file, file after file, in
      units of 2^-20.
    first: `[files]` int64 position in `sums` of each file's first record.
    last: `[files]` int64 position after its last record.
    number: `[files]` int64 number of each file in the list of all hosts.
    num_files: files of all hosts.
  """

  sums: tf.Tensor
  first: tf.Tensor
  last: tf.Tensor
  number: tf.Tensor
  num_files: int

  def columns(self, key: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """Returns what `repeat` needs for each file in an epoch.

    Args:
      key: `[2]` int64, the seed of the epoch; the same on all hosts.
    """
    key = tf.random.experimental.stateless_fold_in(key, 2)
    offsets = tf.random.stateless_uniform(
      [self.num_files], key, 0, 1 << _BITS, tf.int64
    )
    return self.first, self.last, tf.gather(offsets, self.number)

  def lengths(self, key: tf.Tensor) -> tf.Tensor:
    """Returns the records of each file in an epoch, `[files]` int64."""
    first, last, offset = self.columns(key)
    # A file without records has no sum.
    padded = tf.concat([[0], self.sums], axis=0)
    total = tf.where(last > first, tf.gather(padded, last), 0)
    return _whole(total + offset)

  def repeat(
    self, records: tf.data.Dataset, first, last, offset
  ) -> tf.data.Dataset:
    """Repeats each record of a file.

    Args:
      records: all records of the file, in order.
      first: row of `columns`.
      last: row of `columns`.
      offset: row of `columns`.
    """
    ends = _whole(self.sums[first:last] + offset)
    counts = ends - tf.concat([[0], ends[:-1]], axis=0)
    counted = tf.data.Dataset.zip(
      records, tf.data.Dataset.from_tensor_slices(counts)
    )
    return counted.flat_map(
      lambda record, count: tf.data.Dataset.from_tensors(record).repeat(count)
    )


def of_files(
  read: Sequence[str], factors: Mapping[str, np.ndarray]
) -> Repeats | None:
  """Prepares the repeats of the files that a host reads.

  Args:
    read: the files.
    factors: `[records]` factors of at least 1 by file, of all hosts.

  Returns:
    The repeats; None if no record of any host is repeated.
  """
  if all((values == 1).all() for values in factors.values()):
    return None
  numbers = {path: number for number, path in enumerate(factors)}
  sums = [
    np.cumsum(np.round(factors[path] * (1 << _BITS)).astype(np.int64))
    for path in read
  ]
  last = np.cumsum([len(each) for each in sums])
  return Repeats(
    tf.constant(np.concatenate([np.zeros(0, np.int64), *sums]), tf.int64),
    tf.constant(last - [len(each) for each in sums], tf.int64),
    tf.constant(last, tf.int64),
    tf.constant([numbers[path] for path in read], tf.int64),
    len(factors),
  )


def _whole(sums: tf.Tensor) -> tf.Tensor:
  return tf.bitwise.right_shift(sums, tf.constant(_BITS, tf.int64))
