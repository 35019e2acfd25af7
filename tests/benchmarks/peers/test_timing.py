"""The time of a pipeline is that of the images after the first batch."""

import pytest

from benchmarks.peers import timing


def test_time_is_per_image_and_leaves_out_the_first_batch():
  now = 0.0

  def take(count):
    nonlocal now
    now += 1.0 * count if now else 1000.0

  assert timing.seconds_per_image(take, 20.0, lambda: now) == 1.0


@pytest.mark.parametrize(('seconds', 'batches'), [(0.5, 2), (20.0, 4)])
def test_examples_are_taken_until_the_time_has_passed(seconds, batches):
  taken = []
  timing.seconds_per_image(
    taken.append, seconds, lambda: timing.BATCH * len(taken)
  )
  assert taken == [timing.BATCH] * batches
