"""Names the files of a set of records: shards, their states, the manifest.

train-00017-of-01024.tfrecord
train-00017-of-01024.tfrecord.json
train-manifest.json
"""

import os

SHARD = r'-\d{5}-of-\d{5}\.tfrecord'
"""Regular expression of the name of a shard after its beginning."""


def shard_path(prefix: str, index: int, count: int) -> str:
  """Returns the path of a shard.

  Args:
    prefix: path and beginning of the names.
    index: number of the shard, from 0.
    count: number of shards.

  >>> shard_path('out/train', 17, 1024)
  'out/train-00017-of-01024.tfrecord'
  """
  return f'{prefix}-{index:05d}-of-{count:05d}.tfrecord'


def state_path(shard: str) -> str:
  """Returns the path of a shard's state, kept until the manifest is written."""
  return f'{shard}.json'


def manifest_path(prefix: str) -> str:
  """Returns the path of the manifest of a set."""
  return f'{prefix}-manifest.json'


def lock_path(prefix: str) -> str:
  """Returns the path of the lock of a set; no pattern of records finds it.

  >>> lock_path('out/train')
  'out/.train.lock'
  """
  folder, name = os.path.split(prefix)
  return os.path.join(folder, f'.{name}.lock')
