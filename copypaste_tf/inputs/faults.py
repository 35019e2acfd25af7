"""Finds the record that caused an error which TensorFlow does not locate."""

from collections.abc import Callable, Iterable

import tensorflow as tf
from google.protobuf.message import DecodeError

from copypaste_tf.examples import Features
from copypaste_tf.records import streams


def find(
  paths: Iterable[str], decode: Callable[[tf.Tensor], object]
) -> str | None:
  """Reads all records until one fails.

  `tf.data` reports that some JPEG is corrupt, but not which one. After such an
  error, this function reads the files again, one record at a time.

  Args:
    paths: TFRecord files, in the order to read them.
    decode: function that decodes a serialized record, a scalar string, and
      raises an error if the record is faulty.

  Returns:
    `file: record 12 (source_id 345): error` for the first fault, or None if
    every record decodes.
  """
  for path in paths:
    index = -1
    try:
      for index, record in enumerate(streams.serialized([path])):
        fault = _fault(record, decode)
        if fault:
          return f'{path}: record {index}{_named(record)}: {fault}'
    except tf.errors.DataLossError as error:
      return f'{path}: record {index + 1}: {_first_line(error)}'
  return None


def _fault(record, decode) -> str | None:
  try:
    tf.train.Example.FromString(record.numpy())
    decode(record)
  except DecodeError:
    return 'expected a serialized tf.train.Example'
  except (tf.errors.InvalidArgumentError, ValueError) as error:
    return _first_line(error)
  return None


def _named(record) -> str:
  """Returns ` (source_id 345)`, or nothing if the record has no id."""
  try:
    example = tf.train.Example.FromString(record.numpy())
  except DecodeError:
    return ''
  values = example.features.feature[Features.SOURCE_ID].bytes_list.value
  return f' (source_id {values[0].decode()})' if values else ''


def _first_line(error) -> str:
  is_of_graph = isinstance(error, tf.errors.OpError)
  text = streams.reason(error) if is_of_graph else str(error)
  return text.strip().split('\n')[0]
