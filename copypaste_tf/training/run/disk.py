"""A disk that is full: what could not be written, and how the run goes on."""

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator

import tensorflow as tf

_FULL = tuple(
  os.strerror(number) for number in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
)
_GIB = 2**30


class DiskFullError(ValueError):
  """Something of the run could not be written, for want of space."""


@contextlib.contextmanager
def full_disk_errors(model_dir: str) -> Iterator[None]:
  """Says what to do about a full disk.

  Args:
    model_dir: folder of the run.

  Raises:
    DiskFullError: a file could not be written; the message names it, and says
      how much space a checkpoint takes and how much there is.
  """
  try:
    yield
  except (tf.errors.OpError, OSError) as error:
    reason = _reason(error)
    if reason is None:
      raise
    raise DiskFullError(f'{reason}. {_advice(model_dir)}') from error


def _reason(error: tf.errors.OpError | OSError) -> str | None:
  """Returns `FILE: No space left on device`; None of another error."""
  text = str(error)
  for why in _FULL:
    if why in text:
      # TensorFlow writes `FILE; why`, Python `why: 'FILE'`.
      found = re.search(rf'(\S+); {why}', text)
      path = found.group(1) if found else getattr(error, 'filename', None)
      return f'{path or "the run"}: {why}'
  return None


def _advice(model_dir: str) -> str:
  last = tf.train.latest_checkpoint(model_dir)
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
    f'{facts}Make space (or raise the limit of the size of files); then the '
    f'same command goes on {where}'
  )
