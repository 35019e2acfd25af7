"""What the processes of one training run tell each other.

`multi_worker_mirrored` is the only strategy with several of them: the workers
run the same program, and one of them, the chief, writes what the run leaves.
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

_HEADER = 1  # Words in front of a message: its bytes.


def position(strategy: tf.distribute.Strategy) -> tuple[int, int]:
  """Returns the number of this worker, from 0, and how many there are."""
  if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
    return 0, 1
  resolver = strategy.cluster_resolver
  jobs = resolver.cluster_spec().as_dict()
  chiefs, others = (len(jobs.get(job, ())) for job in ('chief', 'worker'))
  before = chiefs if resolver.task_type == 'worker' else 0
  return (resolver.task_id or 0) + before, max(chiefs + others, 1)


def is_chief(strategy: tf.distribute.Strategy) -> bool:
  """Returns whether this process writes checkpoints, record and results."""
  return strategy.extended.should_checkpoint


@contextlib.contextmanager
def output_folder(
  strategy: tf.distribute.Strategy, model_dir: str
) -> Iterator[str]:
  """Gives where this worker writes what only the chief's is kept of.

  Args:
    strategy: of the run.
    model_dir: folder of the run, which the chief gets.

  Yields:
    `model_dir`, or a temporary folder that is removed in the end.
  """
  if is_chief(strategy):
    yield model_dir
    return
  before = tempfile.tempdir
  with tempfile.TemporaryDirectory() as folder:
    # All must save, for they sum up then; Model Garden lets the others do it
    # in a temporary folder, which lies in this one.
    tempfile.tempdir = folder
    try:
      yield folder
    finally:
      tempfile.tempdir = before


def from_all(strategy: tf.distribute.Strategy, value: Any) -> list[Any]:
  """Returns the values of all workers, in their order.

  All workers must call it, and wait there for the last one.

  Args:
    strategy: of the run.
    value: of this worker; what JSON can hold.
  """
  _, count = position(strategy)
  if count == 1:
    return [value]
  words = _words(json.dumps(value).encode())
  local = strategy.num_replicas_in_sync // count

  def of_replica(context):
    # One replica of each worker speaks for it.
    first = context.replica_id_in_sync_group % local == 0
    return tf.constant(words if first else _words(b''))

  spoken = strategy.experimental_distribute_values_from_function(of_replica)
  messages = _messages(strategy.gather(spoken, axis=0).numpy())
  return [json.loads(message) for message in messages if message]


def restore(runner: train_lib.OrbitExperimentRunner, model_dir: str) -> bool:
  """Restores in all workers what Orbit restores in the chief only.

  Args:
    runner: of this worker, just made.
    model_dir: folder of the run.

  Returns:
    Whether there was a checkpoint.

  Raises:
    ValueError: the workers do not see the same folder.
  """
  last = tf.train.latest_checkpoint(model_dir)
  if last and not is_chief(runner.strategy):
    runner.controller.restore_checkpoint(last)
  step = int(runner.controller.global_step.numpy())
  steps = from_all(runner.strategy, step)
  if len(set(steps)) > 1:
    raise ValueError(
      f'the workers would go on from the steps {steps}: --model_dir must be '
      'the same folder for all of them, such as one on a shared file system'
    )
  return last is not None


def _words(message: bytes) -> np.ndarray:
  """Returns a message as int32, which every collective can send."""
  data = zlib.compress(message) if message else b''
  padded = data + bytes(-len(data) % 4)
  return np.frombuffer(np.int32(len(data)).tobytes() + padded, np.int32)


def _messages(words: np.ndarray) -> list[bytes]:
  """Returns the messages of `_words` that follow each other."""
  found, start = [], 0
  while start < len(words):
    size = int(words[start])
    start += _HEADER
    data = words[start : start + -(-size // 4)].tobytes()[:size]
    found.append(zlib.decompress(data) if data else b'')
    start += -(-size // 4)
  return found
