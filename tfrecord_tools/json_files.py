"""Reads JSON files, also compressed ones, and explains faulty ones."""

import collections
import gzip
import hashlib
import json
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from copypaste_tf import garbage
from tfrecord_tools import storage

_GZIP = b'\x1f\x8b'
# Beginnings of files that people give in place of JSON.
_OTHER_FILES = {
  b'PK\x03\x04': 'a ZIP archive; unpack it',
  b'<annotation': 'XML as of Pascal VOC, for create_voc_tfrecord',
  b'<': 'XML or HTML',
  b'\x89PNG': 'a PNG image',
  b'\xff\xd8\xff': 'a JPEG image',
  b'version https://git-lfs': (
    'a pointer of Git LFS; fetch the file itself with "git lfs pull"'
  ),
  b'%PDF': 'a PDF',
  b'\x80': 'a pickle',
}


class JsonFile(NamedTuple):
  """The content of a JSON file.

  Attributes:
    data: the decoded JSON.
    sha256: hexadecimal digest of the file.
    size: bytes of the file.
    repeated: keys that an object holds twice, with their number. As in every
      reader, the last one counts.
    forgotten: number of elements that were not kept.
  """

  data: Any
  sha256: str
  size: int
  repeated: collections.Counter
  forgotten: int = 0


def _keep(_: dict[str, Any]) -> int:
  return 0


def read(
  path: str, *, forget: Callable[[dict[str, Any]], int] = _keep
) -> JsonFile:
  """Reads a JSON file.

  Args:
    path: the file. It may be compressed by gzip, and be UTF-8, UTF-16 or
      UTF-32, with a byte order mark or without.
    forget: function of each JSON object, from the innermost out. Where it is
      not 0, the object becomes None as soon as it is read, which saves its
      memory, and the number counts as forgotten elements.

  Returns:
    Its content.

  Raises:
    FileNotFoundError: there is no such file.
    ValueError: the file is not JSON; the message says where and why.
  """
  if storage.is_folder(path):
    raise ValueError(f'{path}: expected a JSON file, this is a folder.')
  try:
    content = storage.read(path)
  except OSError as error:
    raise ValueError(f'{path}: cannot be read: {error.strerror}.') from error
  if content is None:
    raise FileNotFoundError(f'{path}: expected a COCO annotation file.')
  digest, size = hashlib.sha256(content).hexdigest(), len(content)
  text = _text(path, content)
  # The bytes are as large as the text, and the largest files need the memory.
  del content
  data, repeated, forgotten = _decode(path, text, forget)
  return JsonFile(data, digest, size, repeated, forgotten)


def _text(path: str, content: bytes) -> str:
  if content.startswith(_GZIP):
    try:
      content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
      raise ValueError(
        f'{path}: expected JSON, the gzip file is damaged: {error}. Copy it '
        'again.'
      ) from error
  if not content.lstrip(b' \t\r\n\0'):
    kind = 'only blanks' if content else 'empty'
    raise ValueError(f'{path}: expected JSON, the file is {kind}.')
  start = content.lstrip()
  for beginning, kind in _OTHER_FILES.items():
    if start.startswith(beginning):
      raise ValueError(f'{path}: expected JSON, this is {kind}.')
  try:
    return content.decode(json.detect_encoding(content))
  except UnicodeDecodeError as error:
    raise ValueError(
      f'{path}: expected JSON in UTF-8, byte {error.start} is not '
      f'{error.encoding}. Save the file as UTF-8.'
    ) from error


def _decode(
  path: str, text: str, forget: Callable[[dict[str, Any]], int]
) -> tuple[Any, collections.Counter, int]:
  repeated: collections.Counter = collections.Counter()
  clashes: list[str] = []
  forgotten = 0

  def unite(pairs: list[tuple[str, Any]]) -> dict[str, Any] | None:
    nonlocal forgotten
    result = dict(pairs)
    if count := forget(result):
      forgotten += count
      return None
    if len(result) != len(pairs):
      counts = collections.Counter(key for key, _ in pairs)
      repeated.update(k for k, count in counts.items() if count > 1)
      clashes.extend(_clashes(pairs, counts))
    return result

  try:
    data = json.loads(
      text, object_pairs_hook=unite, parse_float=garbage.shared_floats()
    )
  except json.JSONDecodeError as error:
    raise ValueError(_explain(path, text, error)) from error
  except RecursionError as error:
    raise ValueError(
      f'{path}: expected annotations, got lists nested more than '
      f'{sys.getrecursionlimit()} deep.'
    ) from error
  except ValueError as error:  # Python limits the digits of an integer.
    raise ValueError(f'{path}: a number is too long: {error}.') from error
  if clashes:
    raise ValueError(f'{path}: {clashes[0]}')
  return data, repeated, forgotten


def _clashes(
  pairs: list[tuple[str, Any]], counts: collections.Counter
) -> Iterator[str]:
  """Yields what is lost where a list of the file is there twice."""
  for key in ('images', 'annotations', 'categories'):
    lists = [v for k, v in pairs if k == key and isinstance(v, list | dict)]
    if counts[key] > 1 and any(value != lists[-1] for value in lists):
      sizes = [len(value) for value in lists]
      yield (
        f'expected one list "{key}", there are several, of {sizes} elements. '
        'Join them.'
      )


def _explain(path: str, text: str, error: json.JSONDecodeError) -> str:
  place = f'line {error.lineno}, column {error.colno}'
  if not text[error.pos :].strip():
    return (
      f'{path}: expected JSON, the file ends in the middle, at {place}. Copy '
      'or export it again.'
    )
  if error.msg == 'Extra data' and text[: error.pos].lstrip()[:1] in '{[':
    return (
      f'{path}: expected JSON, a second value begins at {place}. If each line '
      'is an object (JSON lines), join them to one COCO object with the lists '
      '"images", "annotations" and "categories".'
    )
  if error.msg.startswith('Unterminated string'):
    return (
      f'{path}: expected JSON, the text that begins at {place} does not end. '
      'The file may be truncated: copy or export it again.'
    )
  there = text[error.pos : error.pos + 20]
  return f'{path}: expected JSON: {error.msg} at {place}, got {there!r}.'
