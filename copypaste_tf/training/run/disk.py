"""Turns the errors of a full disk into an error with advice."""

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator

import tensorflow as tf

from copypaste_tf.training.checkpoints import last_good

_FULL = tuple(
  os.strerror(number) for number in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
)
_GIB = 2**30


class DiskFullError(ValueError):
  """A file of the run could not be written because the disk is full."""


@contextlib.contextmanager
def full_disk_errors(model_dir: str) -> Iterator[None]:
  """Replaces the errors of a full disk by a `DiskFullError`.

  Args:
    model_dir: folder of the run.

  Raises:
    DiskFullError: a file could not be written. The message names the file, the
      size of a checkpoint and the free space.
  """
  try:
    yield
  except (tf.errors.OpError, OSError) as error:
    reason = _reason(error)
    if reason is None:
      raise
    raise DiskFullError(f'{reason}. {_advice(model_dir)}') from error


def _reason(error: tf.errors.OpError | OSError) -> str | None:
  """Returns `FILE: No space left on device`, or None for other errors."""
  text = str(error)
  for why in _FULL:
    if why in text:
      # TensorFlow writes `FILE; why`, Python `why: 'FILE'`.
      match = re.search(rf'(\S+); {why}', text)
      path = match.group(1) if match else getattr(error, 'filename', None)
      return f'{path or "the run"}: {why}'
  return None


def _advice(model_dir: str) -> str:
  """Describes the space that is needed and free, and how to continue."""
  last = last_good.latest(model_dir)
  facts = ''
  if last:
    files = tf.io.gfile.glob(f'{last}.*')
    size = sum(tf.io.gfile.stat(file).length for file in files)
    facts = f'A checkpoint takes {size / _GIB:.3f} GiB. '
  if os.path.isdir(model_dir):
    free = shutil.disk_usage(model_dir).free
    facts += f'There are {free / _GIB:.3f} GiB free. '
  where = f'from {last}' if last else 'from the start'
  return (
    f'{facts}Make space (or raise the limit on the size of files); then the '
    f'same command goes on {where}'
  )
