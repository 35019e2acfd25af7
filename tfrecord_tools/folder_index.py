"""Lists a folder once, to find files by names that are written otherwise."""

import bisect
import difflib
import functools
import os
import unicodedata
import urllib.parse
from collections.abc import Iterator, Sequence

from tfrecord_tools import storage

NUM_NEAR = 3
_SYNONYMS = {'.jpeg': '.jpg', '.jpe': '.jpg', '.tiff': '.tif'}
# Names before and after in the alphabet that are compared letter by letter.
_NEIGHBOURS = 200


class FolderIndex:
  """The files of a folder and of the folders within it.

  The folder is listed on first use.

  Attributes:
    folder: path of the folder.
  """

  def __init__(self, folder: str):
    self.folder = folder

  def has(self, path: str) -> bool:
    """Returns whether there is a file; the first call lists a remote folder.

    Args:
      path: path relative to the folder, or an absolute one.
    """
    if storage.is_remote(self.folder):
      return path in self._remote
    return os.path.exists(os.path.join(self.folder, path))

  def matches(
    self, parts: Sequence[str], *, any_folder: bool = False
  ) -> list[str]:
    """Finds the files that a name may mean.

    Args:
      parts: folders and file of the name.
      any_folder: whether only the file need agree. If not, all parts of the
        name or of the file's path must.

    Returns:
      Paths relative to the folder: those that agree in most parts, and of them
      those that are spelled alike, if there are any.
    """
    if not parts:
      return []
    has_extension = bool(os.path.splitext(parts[-1])[1])
    files = self._by_key if has_extension else self._by_stem
    scores = {}
    for file in files.get(_key(parts[-1]), ()):
      path = (file if has_extension else os.path.splitext(file)[0]).split('/')
      common = _common(path, parts)
      if any_folder or common == min(len(path), len(parts)):
        scores[file] = (common, path[-1] == parts[-1])
    best = max(scores.values(), default=None)
    return sorted(file for file, score in scores.items() if score == best)

  def near(self, parts: Sequence[str], *, thorough: bool) -> list[str]:
    """Finds the files whose names are most like a name.

    Args:
      parts: folders and file of the name.
      thorough: whether to compare letters if no file has the same name with
        another extension. It takes some milliseconds.

    Returns:
      At most `NUM_NEAR` paths relative to the folder, the most similar first.
    """
    if not parts:
      return []
    keys, key = self._sorted_keys, _key(parts[-1])
    same_stem = self._by_stem.get(os.path.splitext(key)[0], [])
    if same_stem or not thorough:
      return same_stem[:NUM_NEAR]
    place = bisect.bisect(keys, key)
    around = keys[max(0, place - _NEIGHBOURS) : place + _NEIGHBOURS]
    similar = difflib.get_close_matches(key, around, NUM_NEAR)
    return [self._by_key[name][0] for name in similar]

  @functools.cached_property
  def some(self) -> list[str]:
    """At most `NUM_NEAR` files of the folder, for a message."""
    files = [file for files in self._by_key.values() for file in files]
    more = ['...'] if len(files) > NUM_NEAR else []
    return sorted(files)[:NUM_NEAR] + more

  @functools.cached_property
  def _remote(self) -> set[str]:
    return {*files(self.folder)}

  @functools.cached_property
  def _by_key(self) -> dict[str, list[str]]:
    by_key: dict[str, list[str]] = {}
    for file in sorted(filter(is_text, files(self.folder))):
      by_key.setdefault(_key(os.path.basename(file)), []).append(file)
    return by_key

  @functools.cached_property
  def _by_stem(self) -> dict[str, list[str]]:
    """The files by names without extensions, which some formats leave out."""
    by_stem: dict[str, list[str]] = {}
    for key, files in self._by_key.items():
      by_stem.setdefault(os.path.splitext(key)[0], []).extend(files)
    return by_stem

  @functools.cached_property
  def _sorted_keys(self) -> list[str]:
    return sorted(self._by_key)


def files(folder: str) -> Iterator[str]:
  """Yields the paths of all files, relative to the folder.

  Links to folders are followed, each folder once; hidden ones are left out.

  Args:
    folder: an existing folder.
  """
  if storage.is_remote(folder):
    for file in storage.remote_files(folder):
      if not any(map(_is_hidden, file.split('/')[:-1])):
        yield file
    return
  seen = set()
  for root, folders, names in os.walk(folder, followlinks=True):
    real = os.path.realpath(root)
    if real in seen:  # A link that leads back.
      folders.clear()
      continue
    seen.add(real)
    folders[:] = [f for f in folders if not _is_hidden(f)]
    for name in names:
      yield os.path.relpath(os.path.join(root, name), folder)


def _is_hidden(folder: str) -> bool:
  return folder.startswith('.') or folder == '__MACOSX'


def is_text(name: str) -> bool:
  """Returns whether UTF-8 has all characters of a name."""
  try:
    name.encode()
  except UnicodeEncodeError:  # Halves of characters, or bytes of a file name.
    return False
  return True


def _key(part: str) -> str:
  """Returns what is common to all spellings of a name."""
  text = unicodedata.normalize('NFC', urllib.parse.unquote(part)).casefold()
  stem, extension = os.path.splitext(unicodedata.normalize('NFC', text))
  return stem + _SYNONYMS.get(extension, extension)


def _common(path: Sequence[str], parts: Sequence[str]) -> int:
  """Counts the parts at the end that agree."""
  count = 0
  for a, b in zip(reversed(path), reversed(parts), strict=False):
    if _key(a) != _key(b):
      break
    count += 1
  return count
