"""Declares the work on shards, and what a pool of workers does with it."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Protocol


@dataclasses.dataclass(frozen=True)
class Work:
  """The work that is done for each shard.

  A pool may do the work of a shard twice, even at the same time, since a lost
  worker is replaced. So `function` gives a file its name as its last act, and
  makes the same bytes each time.

  Attributes:
    function: takes the number of a shard, its task and a function to call after
      each image, and returns a result. It must be picklable, such as a
      `functools.partial` of a module's function. A ValueError says that another
      attempt would fail alike.
    set_up: called in each worker process before the work; picklable. It is not
      called if the calling process does the work itself.
  """

  function: Callable[[int, Any, Callable[[], None]], Any]
  set_up: Callable[[], None]


class Pool(Protocol):
  """Does the work of shards somewhere."""

  def run(
    self, work: Work, tasks: Mapping[int, Any], *, images: int, prefix: str
  ) -> dict[int, Any]:
    """Does the work of shards, and waits for it.

    Args:
      work: the work.
      tasks: the task of each shard by its number; picklable.
      images: how often the work reports an image.
      prefix: path and beginning of the names of files that workers can read and
        write; the pool may keep hidden files there while it runs.

    Returns:
      The result of each shard by its number.

    Raises:
      ValueError: what the work of a shard raised. No other shard begins.
      OSError: workers or files were lost; another run may succeed.
    """
