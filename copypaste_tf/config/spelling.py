"""Guesses the intended value of a gin line that does not parse."""

import ast
import re
from collections.abc import Mapping
from typing import Any

_BINDING = re.compile(r'\s*([\w./]+)\s*[=:](?!=)\s*(\S.*?)\s*')
_CURLY = str.maketrans('“”„‟‘’‚‛', '""""\'\'\'\'')
_WORDS = {
  'true': 'True',
  'false': 'False',
  'null': 'None',
  'none': 'None',
  'nil': 'None',
}
_THOUSANDS = re.compile(r'[+-]?\d{1,3}(,\d{3})+')
_SECOND = re.compile(r'[\s,;]\s*\w+(\.\w+)*\s*=')
_INCLUDE = re.compile(r'\s*include\s+[\'"‘’“”]?([^\'"‘’“”]+)[\'"‘’“”]?\s*')
_COMMA = re.compile(r',\s*(?=\S)')
_BARE = re.compile(r'[^\s,()\[\]{}:\'"]+')


def suggest(line: str) -> str:
  """Returns the binding as gin reads it, such as `a.path = 'data/x'`, or ''.

  Args:
    line: a line that gin cannot parse.
  """
  if include := _INCLUDE.fullmatch(line):
    return f'include {include[1].strip()!r}'
  match = _BINDING.fullmatch(line)
  if match is None:
    return ''
  name, value = match.groups()
  meant = _meant(value)
  return '' if meant is None else f'{name} = {meant}'


def controls(value: Any) -> str:
  """Returns a text within a value that has control characters, or ''.

  Args:
    value: a literal; the texts in its lists, tuples and dicts are searched.
  """
  if isinstance(value, str):
    return value if any(ord(letter) < ord(' ') for letter in value) else ''
  if isinstance(value, Mapping):
    value = (*value, *value.values())
  if not isinstance(value, (list, tuple)):
    return ''
  return next(filter(None, map(controls, value)), '')


def two_bindings(line: str) -> bool:
  """Returns True if a line seems to hold several bindings."""
  match = _BINDING.fullmatch(line)
  return bool(match and _SECOND.search(match[2]))


def _meant(value: str) -> str | None:
  """Returns a literal that was meant by a value, or None."""
  straight = value.translate(_CURLY)
  if _SECOND.search(value):
    return None  # Two bindings in a line.
  if _THOUSANDS.fullmatch(straight):
    return straight.replace(',', '')
  if _is_literal(straight):
    return _as_tuple(straight)
  if straight.lower() in _WORDS:
    return _WORDS[straight.lower()]
  if straight[0] in '([{':
    quoted = _BARE.sub(_quoted, straight)
    return quoted if _is_literal(quoted) else None
  if any(mark in straight for mark in '\'"@%#'):
    return None  # An unfinished string, or a reference within a text.
  return repr(straight)


def _as_tuple(value: str) -> str:
  """Adds the brackets of a tuple, such as `0.8,0.95`."""
  bare = value[0] not in '([{' and isinstance(ast.literal_eval(value), tuple)
  return f'({_COMMA.sub(", ", value)})' if bare else value


def _quoted(match: re.Match) -> str:
  word = match[0]
  if _is_literal(word):
    return word
  return _WORDS.get(word.lower(), repr(word))


def _is_literal(text: str) -> bool:
  try:
    ast.literal_eval(text)
  except (ValueError, SyntaxError):
    return False
  return True
