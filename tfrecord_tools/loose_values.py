"""Reads numbers, ids and flags in the ways in which tools write them.

Tables, scripts and spreadsheets turn `7` into `7.0`, `"7"` or `" 7 "`, and an
absent value into `null`, `""`, `"None"` or `NaN`. The meaning of these is
plain. Where it is not, as in `"1,5"`, the value is taken to be absent.
"""

import math
import re
from typing import Any

LARGEST_INT64 = 2**63 - 1
_NUMBER = re.compile(r'[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?', re.ASCII)
# Longer digits are no number of anything here, and slow to read.
_WHOLE = re.compile(r'([+-]?\d{1,40})(\.0*)?', re.ASCII)
_ABSENT = frozenset(
  ('', 'none', 'null', 'nil', 'nan', 'n/a', 'na', 'undefined', '-', '<na>')
)
_TRUE = frozenset(('true', 'yes', 't', 'y'))
_FALSE = frozenset(('false', 'no', 'f', 'n'))


def is_absent(value: Any) -> bool:
  """Returns whether a value says that there is none.

  Args:
    value: a value of a JSON file.
  """
  if isinstance(value, str):
    return value.strip().lower() in _ABSENT
  if isinstance(value, float):
    return math.isnan(value)
  return value is None or value == [] or value == {}


def number(value: Any) -> float | None:
  """Reads a finite number.

  Args:
    value: a number, or its text such as `" 12 "` or `"1e2"`.

  Returns:
    The number, None if the value is not one.
  """
  if isinstance(value, str):
    value = value.strip()
    if not _NUMBER.fullmatch(value):
      return None
  elif isinstance(value, bool) or not isinstance(value, int | float):
    return None
  try:
    result = float(value)
  except OverflowError:  # An integer of hundreds of digits.
    return None
  return result if math.isfinite(result) else None


def whole(value: Any) -> int | None:
  """Reads a whole number, such as a length in pixels.

  Args:
    value: a number, or its text.

  Returns:
    The number, None if the value is not a whole one.
  """
  if type(value) is int:
    return value
  result = number(value)
  if result is None or not result.is_integer():
    return None
  return int(result)


def identity(value: Any) -> int | str | None:
  """Reads an id, so that all ways of writing it are equal.

  Args:
    value: the id of an image, a category or an annotation.

  Returns:
    An integer for `7`, `7.0`, `"7"` and `"7.0"`; the text without spaces for
    any other text; None for everything else.
  """
  if type(value) is int:
    return value
  if isinstance(value, float):
    return int(value) if value.is_integer() else None
  if not isinstance(value, str) or is_absent(value):
    return None
  text = value.strip()
  match = _WHOLE.fullmatch(text)
  return int(match[1]) if match else text


def fits_int64(number_or_text: int | str | None) -> bool:
  """Returns whether an id can be stored as it is."""
  return (
    isinstance(number_or_text, int) and abs(number_or_text) <= LARGEST_INT64
  )


def flag(value: Any) -> bool | None:
  """Reads a flag.

  Args:
    value: a bool, 0, 1, or their text.

  Returns:
    The flag, None if the value is none of these.
  """
  if isinstance(value, bool):
    return value
  if isinstance(value, str):
    text = value.strip().lower()
    if text in _TRUE or text in _FALSE:
      return text in _TRUE
  return {0: False, 1: True}.get(whole(value))
