"""Locks a model directory for one training and one evaluation."""

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from copypaste_tf import whole_files
from copypaste_tf.file_lock import Lock, Place

TRAIN, EVAL = 'train.lock', 'eval.lock'
_WORK = {TRAIN: 'trains in this folder', EVAL: 'evaluates in this folder'}


@contextlib.contextmanager
def held(model_dir: str, mode: str) -> Iterator[Callable[..., None]]:
  """Holds the locks of a folder that a mode of a run needs.

  A trainer and an evaluator may share a folder. A trainer that evaluates is
  both.

  Args:
    model_dir: folder of the run; made if it does not exist.
    mode: that of `runner.run`.

  Yields:
    A function that raises `LockedError` if another process took a lock over.

  Raises:
    LockedError: another process works in the folder.
    ValueError: the folder cannot be written.
  """
  names = [TRAIN] * ('train' in mode) + [EVAL] * ('eval' in mode)
  with contextlib.ExitStack() as stack:
    locks = []
    for name in names:
      with whole_files.file_errors(
        f'--model_dir: cannot write to {model_dir!r}'
      ):
        tf.io.gfile.makedirs(model_dir)
        place = Place('--model_dir', model_dir, _WORK[name])
        locks.append(Lock(os.path.join(model_dir, name), place))
      stack.callback(locks[-1].release)

    def check(*_: Any) -> None:
      for lock in locks:
        lock.check()

    yield check
