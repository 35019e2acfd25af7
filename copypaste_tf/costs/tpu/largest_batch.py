"""Searches for the largest batch that fits, in few trials."""

from collections.abc import Callable, Mapping


def search(need: Callable[[int], float], limit: float) -> int:
  """Returns the largest batch that needs at most `limit`; 0 if none fits.

  Args:
    need: returns the bytes that a batch needs, which grow with the batch. It is
      called once for each batch, as a call may take minutes.
    limit: available bytes.
  """
  tried = {1: need(1)}
  while (batch := _next(tried, limit)) is not None:
    tried[batch] = need(batch)
  return max((b for b, size in tried.items() if size <= limit), default=0)


def _next(tried: Mapping[int, float], limit: float) -> int | None:
  """Returns the batch to try next; None once the largest is known."""
  fits = max((b for b, size in tried.items() if size <= limit), default=0)
  fails = min((b for b, size in tried.items() if size > limit), default=None)
  if fits == 0 or fails == fits + 1:
    return None
  guess = max(_extrapolated(tried, limit), fits + 1)
  return guess if fails is None else min(guess, fails - 1)


def _extrapolated(tried: Mapping[int, float], limit: float) -> int:
  """Returns where the line through the two largest trials meets the limit."""
  (batch, size), *rest = sorted(tried.items(), reverse=True)
  # After one trial, assume that all memory grows with the batch, which rather
  # underestimates the largest batch.
  less, less_size = rest[0] if rest else (0, 0.0)
  slope = max((size - less_size) / (batch - less), 1.0)
  return int(batch + (limit - size) // slope)
