"""Calls a function in a process of its own, whose memory is free afterwards."""

import concurrent.futures
import multiprocessing
from collections.abc import Callable
from typing import Any

from copypaste_tf import environment


def call(work: str, function: Callable[..., Any], *args, **kwargs) -> Any:
  """Calls a function in a new process.

  Args:
    work: the work of the process, a verb and its object.
    function: a function of a module.
    *args: its arguments, which must be picklable, as its result must.
    **kwargs: its keyword arguments.

  Returns:
    The result of the function.

  Raises:
    ValueError: the process died.
  """
  with concurrent.futures.ProcessPoolExecutor(
    1,
    multiprocessing.get_context('spawn'),
    initializer=environment.set_level_of_xla,
  ) as pool:
    try:
      return pool.submit(function, *args, **kwargs).result()
    except concurrent.futures.process.BrokenProcessPool as error:
      raise ValueError(
        f'the process that {work} died; out of memory? `free -g`'
      ) from error
