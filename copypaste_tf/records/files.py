"""TFRecord files: raw records with the place where each was found."""

from collections.abc import Iterable, Iterator

import tensorflow as tf


def read_serialized(paths: Iterable[str]) -> Iterator[tuple[str, int, bytes]]:
  """Yields the raw records of TFRecord files.

  Args:
    paths: files, read in this order.

  Yields:
    File, index of the record in that file, serialized example.

  Raises:
    FileNotFoundError: there is no such file.
    ValueError: a file is truncated or fails its checksums; the message names
      the file and the record.
  """
  for path in map(str, paths):
    index = 0
    try:
      for serialized in tf.data.TFRecordDataset(path).as_numpy_iterator():
        yield path, index, serialized
        index += 1
    except tf.errors.NotFoundError as error:
      raise FileNotFoundError(f'{path}: no such file.') from error
    except tf.errors.DataLossError as error:
      raise ValueError(
        f'{path}: record {index}: the file is truncated or corrupt here '
        f'({error.message}); convert it again.'
      ) from error
