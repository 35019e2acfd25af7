"""Work on shards that the tests give to pools, in any process."""

import functools
import os
import pathlib
import signal

from copypaste_tf.pools.pool import Work


def nothing():
  """Prepares no worker."""


def squares(index, numbers, on_image):
  for _ in numbers:
    on_image()
  return {'index': index, 'squares': [x * x for x in numbers]}


def refuse_3(index, numbers, on_image, *, seen):
  (pathlib.Path(seen) / f'{index}.begun').touch()
  if 3 in numbers:
    raise ValueError('3: not a number of ours')
  return squares(index, numbers, on_image)


def touch(folder, name):
  (pathlib.Path(folder) / f'{name}-{os.getpid()}').touch()


def die_once(index, entries, on_image, *, work, marker, **settings):
  """Kills the process in the middle of its first shard above 0."""
  done = 0

  def count():
    nonlocal done
    done += 1
    if done == 2:
      pathlib.Path(marker).touch()
      os.kill(os.getpid(), signal.SIGKILL)
    on_image()

  first = index > 0 and not os.path.exists(marker)
  return work(index, entries, count if first else on_image, **settings)


SQUARES = Work(squares, nothing)


def refusing(seen):
  return Work(functools.partial(refuse_3, seen=str(seen)), nothing)
