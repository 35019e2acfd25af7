"""Finds the image file that each entry of a data set means.

A name is taken as it is written if that file exists. Otherwise it is compared
with the names in the folder without regard to folders in front of it, to the
direction of slashes, to URLs and percent signs, to the case of letters and to
the form of Unicode. A file is taken for another name only if it is the only one
and if no other entry means it. Nothing outside of the folder is read.
"""

import collections
import os
import re
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tfrecord_tools import folder_index
from tfrecord_tools.entries import ImageEntry
from tfrecord_tools.faults import Note, SourceError
from tfrecord_tools.folder_index import FolderIndex

_OUTSIDE_NOTE = 'images_outside_of_image_dir'
_SECOND_NOTE = 'images_found_by_second_name'
_SIMILAR_NOTE = 'images_found_by_similar_names'
# Names that are compared with near ones letter by letter, which takes time.
_NUM_THOROUGH = 200


class _Guess(NamedTuple):
  """A file that an entry may mean, and the name that led to it."""

  stated: str
  file: str


def resolve(
  images: Mapping[int, ImageEntry], image_dir: str, *, allow_outside: bool
) -> dict[int, ImageEntry]:
  """Finds the files of all images.

  Args:
    images: the entries by id.
    image_dir: an existing folder.
    allow_outside: whether names may lead out of the folder.

  Returns:
    The entries in the same order. Each has one file name, within `image_dir` or
    absolute, or a `part`, or a `fault`; `notes` tell if the name was written
    otherwise.
  """
  index = FolderIndex(image_dir)
  resolved = {k: _exact(e, index, allow_outside) for k, e in images.items()}
  unknown = [k for k, entry in resolved.items() if entry is None]
  if unknown:
    guesses = {k: _guess(images[k].file_names, index) for k in unknown}
    claims = _claims(resolved, guesses)
    for number, key in enumerate(unknown):
      thorough = number < _NUM_THOROUGH
      resolved[key] = _similar(
        images[key], guesses[key], claims, index, thorough
      )
  return resolved


def _exact(
  entry: ImageEntry, index: FolderIndex, allow_outside: bool
) -> ImageEntry | None:
  """Finds a file that is named as it is written, or that needs no finding."""
  if entry.part:
    return entry
  outside = None
  for name in filter(_is_possible, entry.file_names):
    normal = os.path.normpath(name)
    inside = _inside(normal, index.folder)
    if not index.has(inside or normal):
      continue
    if inside is None:
      outside = outside or normal
      continue
    # A plain name is recorded as it is written. After a link, `..` would lead
    # to another folder.
    plain = inside == normal and not name.endswith('/') and '..' not in name
    return _found(entry, name if plain else inside)
  if outside is None:
    return None
  if allow_outside:
    notes = (*entry.notes, Note(_OUTSIDE_NOTE))
    return entry._replace(file_names=(outside,), notes=notes)
  fault = SourceError(
    'outside_of_image_dir',
    f'{outside} lies outside of --image_dir={index.folder}; '
    '--allow_outside_image_dir reads it',
  )
  return entry._replace(file_names=(outside,), fault=fault)


def _found(entry: ImageEntry, file: str) -> ImageEntry:
  """Gives an entry its file; notes one that has another name than stated."""
  notes, stated = entry.notes, entry.file_names[0]
  if parts(file)[-1:] != parts(stated)[-1:]:
    notes = (*notes, Note(_SECOND_NOTE, f'{file} was read for {stated!r}'))
  return entry._replace(file_names=(file,), notes=notes)


def _is_possible(name: str) -> bool:
  """Returns whether a file may have this name: UTF-8 without a zero."""
  return bool(name) and '\0' not in name and folder_index.is_text(name)


def _inside(name: str, image_dir: str) -> str | None:
  """Returns the name relative to the folder, None if it leads out of it.

  Links in the folder may lead anywhere: whoever made them meant it.
  """
  if not os.path.isabs(name) and not _leads_out(name):
    return name
  folder = os.path.abspath(image_dir)
  path = os.path.normpath(os.path.join(folder, name))
  relative = os.path.relpath(path, folder)
  if _leads_out(relative) and os.path.isabs(name):
    # The folder itself may be given by a link.
    head, tail = os.path.split(path)
    real = os.path.join(os.path.realpath(head), tail)
    relative = os.path.relpath(real, os.path.realpath(folder))
  return None if _leads_out(relative) else relative


def _leads_out(relative: str) -> bool:
  return relative == '..' or relative.startswith('../')


def _guess(names: Iterable[str], index: FolderIndex) -> _Guess | None:
  """Finds the only file whose path ends as a name does, or the reverse."""
  for name in names:
    files = index.matches(parts(name))
    if len(files) == 1:
      return _Guess(name, files[0])
  return None


def parts(name: str) -> tuple[str, ...]:
  r"""Splits a name of any system, or a URL, into folders and file.

  Args:
    name: such as `images\\1.jpg` or `http://host/images/1.jpg?size=2`.

  Returns:
    Such as `('images', '1.jpg')`, without empty parts, `.` and `..`.
  """
  if re.match(r'[A-Za-z][\w+.-]*://', name):
    # Without the host, which is no folder.
    name = name.split('://', 1)[1].split('?')[0].split('#')[0]
    name = urllib.parse.unquote(name.partition('/')[2])
  pieces = re.split(r'[\\/]', name.strip())
  return tuple(p for p in pieces if p not in ('', '.', '..'))


def _claims(
  resolved: Mapping[int, ImageEntry | None],
  guesses: Mapping[int, _Guess | None],
) -> dict[str, set[str]]:
  """Returns the different names that the entries have for each file."""
  claims = collections.defaultdict(set)
  for entry in resolved.values():
    if entry is not None and entry.fault is None:
      (name,) = entry.file_names
      claims[os.path.normpath(name)].add(name)
  for guess in guesses.values():
    if guess is not None:
      claims[guess.file].add(guess.stated)
  return claims


def _similar(
  entry: ImageEntry,
  guess: _Guess | None,
  claims: Mapping[str, set[str]],
  index: FolderIndex,
  thorough: bool,
) -> ImageEntry:
  """Takes the guess for the file of an entry if no other entry means it."""
  name = entry.file_names[0]
  if guess is None:
    hint = _hint(entry.file_names, index, thorough)
  elif others := claims[guess.file] - {guess.stated}:
    hint = f'; {guess.file} exists, but is also near to {min(others)}'
  else:
    detail = f'{guess.file} was read for {guess.stated!r}'
    notes = (*entry.notes, Note(_SIMILAR_NOTE, detail))
    return entry._replace(file_names=(guess.file,), notes=notes)
  path = os.path.join(index.folder, name)
  fault = SourceError('missing_image', f'{path}: no such file{hint}')
  return entry._replace(file_names=(name,), fault=fault)


def _hint(names: tuple[str, ...], index: FolderIndex, thorough: bool) -> str:
  """Says where the file may be, or which names are near."""
  for name in filter(_is_possible, names):
    above = os.path.dirname(os.path.abspath(index.folder))
    below = os.path.join(above, *parts(name))
    if os.path.isfile(below):
      return f', but {below} exists: pass --image_dir={above}'
  near = index.matches(parts(names[0]), any_folder=True)
  near = near or index.near(parts(names[0]), thorough=thorough)
  if near:
    listed = ', '.join(near[: folder_index.NUM_NEAR])
    return f', but there exists: {listed}'
  if not thorough:
    return ''
  some = ', '.join(index.some)
  return f' and no similar name in the folder, which holds {some or "no file"}'
