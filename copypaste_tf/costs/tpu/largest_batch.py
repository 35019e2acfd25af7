"""The search for the largest batch that fits: few trials, each is minutes."""

from collections.abc import Callable, Mapping


def search(need: Callable[[int], float], limit: float) -> int:
  """Returns the largest batch that needs at most `limit`; 0 if none does.

  Args:
    need: bytes that a batch needs, growing with it; called once for each
      batch that is tried.
    limit: bytes that there are.
  """
  tried = {1: need(1)}
  while (batch := _next(tried, limit)) is not None:
    tried[batch] = need(batch)
  return max((b for b, size in tried.items() if size <= limit), default=0)


def _next(tried: Mapping[int, float], limit: float) -> int | None:
  """Returns the batch to try next; None when the largest is known."""
  fits = max((b for b, size in tried.items() if size <= limit), default=0)
  fails = min((b for b, size in tried.items() if size > limit), default=None)
  if fits == 0 or fails == fits + 1:
    return None
  guess = max(_extrapolated(tried, limit), fits + 1)
  return guess if fails is None else min(guess, fails - 1)


def _extrapolated(tried: Mapping[int, float], limit: float) -> int:
  """Returns where the line through the two largest trials meets the limit."""
  (batch, size), *rest = sorted(tried.items(), reverse=True)
  # From one trial: as if all of it grew with the batch, which is careful.
  less, less_size = rest[0] if rest else (0, 0.0)
  slope = max((size - less_size) / (batch - less), 1.0)
  return int(batch + (limit - size) // slope)
