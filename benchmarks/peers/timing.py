"""Times a pipeline by the CPU time of the process."""

import time
from collections.abc import Callable

BATCH = 8  # Images that are taken between two looks at the clock.


def seconds_per_image(
  take: Callable[[int], object],
  seconds: float,
  clock: Callable[[], float] = time.process_time,
) -> float:
  """Returns the CPU seconds per image of all threads.

  Args:
    take: makes the given number of examples.
    seconds: CPU seconds for which examples are taken, after a first batch that
      is not timed.
    clock: CPU seconds of this process.
  """
  take(BATCH)
  start, images, passed = clock(), 0, 0.0
  while passed < seconds:
    take(BATCH)
    images += BATCH
    passed = clock() - start
  return passed / images
