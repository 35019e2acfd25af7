"""Reads a large JSON file value by value."""

import codecs
import contextlib
import gzip
import json
import os
import re
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import tensorflow as tf

Address = tuple[str | int, ...]
"""Where a value is in the file: keys and indices, from the outermost in."""
_GZIP = b'\x1f\x8b'  # First bytes of a file of gzip.
_CHUNK = 1 << 20  # Bytes that are read at once.
_BLANKS = re.compile(r'[ \t\n\r]*')
# Within this distance of its end, the text may have cut a number or a name such
# as -Infinity.
_TAIL = 16


def values(path: str | os.PathLike) -> Iterator[tuple[Address, Any]]:
  """Yields the values of a JSON file one by one.

  Only one value is in memory at a time. A list at the outermost level and the
  lists in an outermost mapping are taken apart; nothing deeper is.

  Args:
    path: the file. It may be compressed by gzip, and be UTF-8, UTF-16 or
      UTF-32.

  Yields:
    Address and value: `(index,)` and an element of the outermost list;
    `(key, index)` and an element of a list in the outermost mapping; `(key,)`
    and another value of it, or an empty list; `()` and the content of the file
    if it is neither, or an empty mapping. An empty outermost list has none.

  Raises:
    FileNotFoundError: there is no such file.
    ValueError: the file cannot be read, or is not JSON. The message says at
      which character, and how many values are before it.
  """
  with explained(path), opened(path) as file:
    yield from _Reader(file).content()


@contextlib.contextmanager
def opened(path: str | os.PathLike) -> Iterator[BinaryIO]:
  """Opens a file that may be compressed by gzip, for reading its bytes."""
  path = os.fspath(path)
  with tf.io.gfile.GFile(path, 'rb') as file:
    zipped = file.read(len(_GZIP)) == _GZIP
  with tf.io.gfile.GFile(path, 'rb') as file:
    if not zipped:
      yield file
      return
    with gzip.GzipFile(fileobj=file, mode='rb') as unzipped:
      yield unzipped


@contextlib.contextmanager
def explained(path: str | os.PathLike) -> Iterator[None]:
  """Turns the errors of reading a JSON file into those of this package.

  Raises:
    FileNotFoundError: there is no such file.
    ValueError: the file cannot be read, or is not JSON.
  """
  try:
    yield
  except tf.errors.NotFoundError as error:
    raise FileNotFoundError(f'there is no file {path}.') from error
  except tf.errors.OpError as error:
    raise ValueError(f'{path} cannot be read: {error.message}') from error
  except ValueError as error:
    raise ValueError(f'{path} is not JSON: {error}.') from error
  except (EOFError, gzip.BadGzipFile, zlib.error) as error:
    raise ValueError(f'{path} cannot be read as gzip: {error}.') from error
  except RecursionError as error:
    raise ValueError(f'{path}: the JSON is nested too deep.') from error


class _Reader:
  """Decodes the text of a file, of which it holds a part."""

  def __init__(self, file: BinaryIO):
    self._file = file
    data = file.read(_CHUNK)
    encoding = json.detect_encoding(data)
    self._decoder = codecs.getincrementaldecoder(encoding)('surrogatepass')
    self._text = self._decoder.decode(data)
    self._ended = not data
    self._place = 0  # In the text.
    self._before = self._values = 0  # Characters and values before the text.
    self._decode = json.JSONDecoder().raw_decode

  def content(self) -> Iterator[tuple[Address, Any]]:
    """Yields what `values` describes."""
    form = {'[': self._elements, '{': self._members}
    for item in form.get(self._next(), self._scalar)():
      self._values += 1
      yield item
    if self._next():
      raise self._error('Extra data')

  def _scalar(self) -> Iterator[tuple[Address, Any]]:
    yield (), self._value()

  def _elements(self, address: Address = ()) -> Iterator[tuple[Address, Any]]:
    self._place += 1
    if self._next() == ']':
      self._place += 1
      if address:
        yield address, []
      return
    index = 0
    while True:
      yield (*address, index), self._value()
      index += 1
      if self._taken(',]') == ']':
        return

  def _members(self) -> Iterator[tuple[Address, Any]]:
    self._place += 1
    if self._next() == '}':
      self._place += 1
      yield (), {}
      return
    while True:
      if self._next() != '"':
        raise self._error('Expecting property name enclosed in double quotes')
      key = self._value()
      self._taken(':')
      if self._next() == '[':
        yield from self._elements((key,))
      else:
        yield (key,), self._value()
      if self._taken(',}') == '}':
        return

  def _next(self) -> str:
    """Returns the next character that is not blank; nothing at the end."""
    while True:
      self._place = _BLANKS.match(self._text, self._place).end()
      if self._place < len(self._text) or not self._more():
        return self._text[self._place : self._place + 1]

  def _taken(self, expected: str) -> str:
    """Returns the next character, and steps over it."""
    found = self._next()
    if not found or found not in expected:
      raise self._error(f'Expecting {expected[0]!r} delimiter')
    self._place += 1
    return found

  def _value(self) -> Any:
    """Decodes the next value, however much of the file it takes."""
    self._next()
    while True:
      try:
        value, end = self._decode(self._text, self._place)
      except json.JSONDecodeError as error:
        place = error.pos - self._place  # Relative, as the text may move.
        cut = error.msg.startswith('Unterminated string')
        near = error.pos > len(self._text) - _TAIL
        if not (cut or near) or not self._more():
          self._place = len(self._text) if cut else self._place + place
          raise self._error(error.msg) from error
      else:
        length = end - self._place
        if end + _TAIL < len(self._text) or not self._more():
          self._place += length
          return value

  def _more(self) -> bool:
    """Reads on; returns false at the end of the file.

    Text that was decoded is forgotten. The rest doubles at least, so that a
    value that takes most of the file is tried a few times only.
    """
    if self._ended:
      return False
    rest = self._text[self._place :]
    self._before += self._place
    self._place = 0
    data = self._file.read(max(_CHUNK, len(rest)))
    self._ended = not data
    self._text = rest + self._decoder.decode(data, final=self._ended)
    return not self._ended

  def _error(self, problem: str) -> ValueError:
    if self._ended and not self._text[self._place :].strip():
      problem = 'the file ends too early'
    place = self._before + self._place
    return ValueError(f'{problem}: char {place}, after {self._values} values')
