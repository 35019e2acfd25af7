"""Opens TFRecord files, plain or compressed, as datasets."""

import re
from collections.abc import Sequence
from concurrent import futures

import tensorflow as tf

# The first two bytes of compressed files, by the name of their compression.
_COMPRESSIONS = {
  b'\x1f\x8b': 'GZIP',
  b'\x78\x01': 'ZLIB',
  b'\x78\x5e': 'ZLIB',
  b'\x78\x9c': 'ZLIB',
  b'\x78\xda': 'ZLIB',
}
# A request to a remote file system takes long, but many fit at a time.
_THREADS = 16


def untuned(dataset: tf.data.Dataset) -> tf.data.Dataset:
  """Returns the dataset without the tuning of its buffers.

  While the consumer pauses, the tuning enlarges the buffers up to half of the
  machine's memory. Its thread sleeps for up to a minute between two rounds, and
  the end of the process waits for it. Without it, `AUTOTUNE` stands for a call
  on each core, up to 16.
  """
  options = tf.data.Options()
  options.autotune.enabled = False
  # A cheap step that becomes parallel keeps a batch for each core.
  options.experimental_optimization.map_parallelization = False
  return dataset.with_options(options)


def serialized(paths: Sequence[str]) -> tf.data.Dataset:
  """Reads the records of files one after the other.

  Args:
    paths: TFRecord files, plain or compressed.

  Returns:
    A dataset of scalar strings.
  """
  paths = [str(path) for path in paths]
  files = tf.data.Dataset.from_tensor_slices((paths, compressions(paths)))
  return untuned(files.flat_map(tf.data.TFRecordDataset))


def reason(error: tf.errors.OpError) -> str:
  """Returns TensorFlow's message without the names of its operations."""
  return re.sub(r'\{\{.*?\}\} *| *\[Op:.*', '', error.message, flags=re.S)


def compressions(paths: Sequence[str]) -> list[str]:
  """Returns `GZIP`, `ZLIB` or an empty string for each file."""
  with futures.ThreadPoolExecutor(_THREADS) as pool:
    return [*pool.map(_compression, paths)]


def _compression(path: str) -> str:
  with tf.io.gfile.GFile(path, 'rb') as file:
    compression = _COMPRESSIONS.get(file.read(2), '')
  # The length of a first record, which begins a plain file, may look the same.
  return '' if compression and _is_plain(path) else compression


def _is_plain(path: str) -> bool:
  try:
    for _ in untuned(tf.data.TFRecordDataset(path).take(1)):
      return True
  except tf.errors.DataLossError:
    pass
  return False
