"""Exchanges values between the workers of a training run.

Only the strategy `multi_worker_mirrored` has several workers, one process each.
All run the same program; one of them, the chief, writes the files of the run.
"""

import contextlib
import json
import tempfile
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from official.core import train_lib

from copypaste_tf.training.checkpoints import last_good

_HEADER = 1  # A message starts with one word, its length in bytes.


def position(strategy: tf.distribute.Strategy) -> tuple[int, int]:
  """Returns the index of this worker, from 0, and the number of workers."""
  if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
    return 0, 1
  resolver = strategy.cluster_resolver
  jobs = resolver.cluster_spec().as_dict()
  chiefs, others = (len(jobs.get(job, ())) for job in ('chief', 'worker'))
  before = chiefs if resolver.task_type == 'worker' else 0
  return (resolver.task_id or 0) + before, max(chiefs + others, 1)


def is_chief(strategy: tf.distribute.Strategy) -> bool:
  """Returns True if this process writes checkpoints, record and results."""
  return strategy.extended.should_checkpoint


@contextlib.contextmanager
def output_folder(
  strategy: tf.distribute.Strategy, model_dir: str
) -> Iterator[str]:
  """Yields the output folder of this worker; only the chief's is kept.

  Args:
    strategy: distribution strategy of the run.
    model_dir: folder of the run.

  Yields:
    `model_dir` for the chief; for the others a temporary folder, which is
    removed in the end.
  """
  if is_chief(strategy):
    yield model_dir
    return
  before = tempfile.tempdir
  with tempfile.TemporaryDirectory() as folder:
    # All workers must save, because saving sums up values over the workers.
    # Model Garden lets the others save to a temporary folder, here in `folder`.
    tempfile.tempdir = folder
    try:
      yield folder
    finally:
      tempfile.tempdir = before


def all_gather(strategy: tf.distribute.Strategy, value: Any) -> list[Any]:
  """Gathers a value from each worker.

  All workers must call this function; each call waits for all others.

  Args:
    strategy: distribution strategy of the run.
    value: value of this worker, anything that JSON can represent.

  Returns:
    The values of all workers, in the order of their indices.
  """
  _, count = position(strategy)
  if count == 1:
    return [value]
  words = _words(json.dumps(value).encode())
  local_replicas = strategy.num_replicas_in_sync // count

  def words_of_replica(context):
    # The first replica of a worker sends its message; the others send nothing.
    first = context.replica_id_in_sync_group % local_replicas == 0
    return tf.constant(words if first else _words(b''))

  sent = strategy.experimental_distribute_values_from_function(words_of_replica)
  messages = _messages(strategy.gather(sent, axis=0).numpy())
  return [json.loads(message) for message in messages if message]


def restore(runner: train_lib.OrbitExperimentRunner, model_dir: str) -> bool:
  """Restores the last checkpoint in all workers; Orbit restores the chief only.

  Args:
    runner: new runner of this worker.
    model_dir: folder of the run.

  Returns:
    True if there was a checkpoint.

  Raises:
    ValueError: the workers do not see the same folder.
  """
  last = last_good.latest(model_dir)
  if last and not is_chief(runner.strategy):
    runner.controller.restore_checkpoint(last)
  step = int(runner.controller.global_step.numpy())
  steps = all_gather(runner.strategy, step)
  if len(set(steps)) > 1:
    raise ValueError(
      f'the workers would go on from the steps {steps}: --model_dir must be '
      'the same folder for all of them, such as one on a shared file system'
    )
  return last is not None


def _words(message: bytes) -> np.ndarray:
  """Encodes a message as int32 words, which all collectives can send."""
  data = zlib.compress(message) if message else b''
  padded = data + bytes(-len(data) % 4)
  return np.frombuffer(np.int32(len(data)).tobytes() + padded, np.int32)


def _messages(words: np.ndarray) -> list[bytes]:
  """Decodes the concatenated words of several messages."""
  messages, start = [], 0
  while start < len(words):
    size = int(words[start])
    start += _HEADER
    data = words[start : start + -(-size // 4)].tobytes()[:size]
    messages.append(zlib.decompress(data) if data else b'')
    start += -(-size // 4)
  return messages
