"""Lists the image files of a prediction, with their ids."""

import collections
import glob
import os
import re
import unicodedata
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from copypaste_tf.records import voc_devkit

SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.gif', '.tif', '.tiff', '.webp')
IMAGES_FILE = 'images.json'
"""File with the ids and names of the images, beside their detections."""
_SHOWN = 3  # Names in a message.


def expand(patterns: Sequence[str]) -> list[str]:
  """Expands files, folders and patterns to a sorted list without duplicates.

  Args:
    patterns: image files; folders, for the images directly in them; or glob
      patterns such as `photos/**/*.jpg`.

  Raises:
    FileNotFoundError: one of them stands for no image.
  """
  return sorted({path for pattern in patterns for path in _matches(pattern)})


def _matches(pattern: str) -> list[str]:
  pattern = os.path.expanduser(pattern)
  if os.path.isdir(pattern):
    return _images(pattern)
  # glob would read brackets in a file name as a set of characters.
  exact = [pattern] if os.path.isfile(pattern) else []
  matches = exact or glob.glob(pattern, recursive=True)
  matches = [path for path in matches if os.path.isfile(path)]
  if not matches and '://' in pattern:
    raise FileNotFoundError(
      f'{pattern!r} is an address; download the images first'
    )
  if not matches:
    raise FileNotFoundError(f'no file matches {pattern!r}')
  return matches


def _images(folder: str) -> list[str]:
  """Returns the images of a folder; hidden files are none."""
  images = [
    os.path.join(folder, name)
    for name in os.listdir(folder)
    if name.lower().endswith(SUFFIXES) and not name.startswith('.')
  ]
  if not images:
    deeper = os.path.join(folder, '**', '*.jpg')
    raise FileNotFoundError(
      f'the folder {folder!r} holds no image ({", ".join(SUFFIXES)}); the '
      f'images of its subfolders are {deeper!r}, in quotes'
    )
  return images


def number(paths: Sequence[str]) -> dict[int, str]:
  """Assigns an id to every image.

  Args:
    paths: distinct image files.

  Returns:
    Paths by id. The ids are the file names if all are distinct numbers, as in
    COCO and in Pascal VOC; else the positions in `paths`, from 1.
  """
  return by_number(paths) or dict(enumerate(paths, 1))


def by_number(paths: Sequence[str]) -> dict[int, str] | None:
  """Reads the file names of images as numbers.

  Args:
    paths: distinct image files.

  Returns:
    Paths by number, None unless all names are distinct numbers.
  """
  stems = [os.path.splitext(os.path.basename(path))[0] for path in paths]
  stems = [voc_devkit.digits(stem) for stem in stems]
  if not all(stem.isdecimal() and len(stem) <= 18 for stem in stems):
    return None
  named = {int(s): path for s, path in zip(stems, paths, strict=True)}
  return named if len(named) == len(paths) else None


def annotated(
  paths: Sequence[str], images: Iterable[Mapping[str, Any]]
) -> dict[int, str]:
  """Takes the ids of images from an annotation file, by file name.

  Two names match if their file parts are equal. If several entries match, the
  one that also shares the most folders is taken. Backslashes, escapes such as
  `%20`, the case of letters and the form of Unicode make no difference.

  Args:
    paths: distinct image files.
    images: COCO's images, with `id` and `file_name` or `coco_url`.

  Returns:
    Paths by id, in the order of `paths`.

  Raises:
    ValueError: a name is missing or ambiguous, or two files have one id.
  """
  entries = collections.defaultdict(list)
  for image in images:
    if parts := _parts(name_of(image)):
      entries[parts[0]].append((parts, image['id']))
  missing = [p for p in paths if not entries.get(_parts(p)[0])]
  if missing:
    raise ValueError(
      f'{len(missing)} of {len(paths)} images have a file name that is not '
      f'there, such as {_some(missing)}'
    )
  ids: dict[int, str] = {}
  for path in paths:
    key = _nearest(path, entries[_parts(path)[0]])
    if key in ids:
      raise ValueError(f'{ids[key]!r} and {path!r} are both the image {key}')
    ids[key] = path
  return ids


def _nearest(path: str, candidates: Sequence[tuple[tuple[str, ...], Any]]):
  """Returns the id of the candidate that shares the most last parts."""
  parts = _parts(path)
  shared = [len([*_common(parts, other)]) for other, _ in candidates]
  best = [
    key
    for (_, key), count in zip(candidates, shared, strict=True)
    if count == max(shared)
  ]
  if len(best) > 1:
    raise ValueError(
      f'{path!r} may be any of the images {sorted(best)[:_SHOWN]}, which have '
      'its file name'
    )
  if not isinstance(best[0], int):
    raise ValueError(f'{path!r} has the id {best[0]!r}; expected an integer')
  return best[0]


def _common(one: Sequence[str], other: Sequence[str]) -> Iterator[str]:
  for a, b in zip(one, other, strict=False):
    if a != b:
      return
    yield a


def mismatches(
  predicted: Iterable[Mapping[str, Any]], truth: Iterable[Mapping[str, Any]]
) -> list[str]:
  """Lists the images whose id belongs to another file name in the labels.

  Images that the labels lack, or that have no name there, are not compared.

  Args:
    predicted: images of `IMAGES_FILE`.
    truth: COCO's images.

  Returns:
    A description of each such image.
  """
  names = {image['id']: name_of(image) for image in truth}
  return [
    f'{key} is {name!r} and {names[key]!r}'
    for key, name in ((image['id'], name_of(image)) for image in predicted)
    if names.get(key) and name and not _same(key, name, names[key])
  ]


def _same(key: int, *names: str) -> bool:
  """Compares two file names without folders and suffixes.

  Names that both end in the id, such as `COCO_val2014_000000000139.jpg` and
  `000000000139.png`, are the same.
  """
  stems = {os.path.splitext(_parts(name)[0])[0] for name in names}
  ends = [re.search(r'\d+$', stem) for stem in stems]
  return len(stems) == 1 or all(end and int(end[0]) == key for end in ends)


def name_of(image: Mapping[str, Any]) -> str:
  """Returns the file name of one of COCO's images, or an empty string."""
  return str(image.get('file_name') or image.get('coco_url') or '')


def _parts(name: str) -> tuple[str, ...]:
  """Returns the parts of a path, the last one first, for a comparison."""
  text = unicodedata.normalize('NFC', urllib.parse.unquote(name)).casefold()
  return tuple(part for part in re.split(r'[/\\]+', text)[::-1] if part)


def _some(names: Sequence[str]) -> str:
  return ', '.join(map(repr, names[:_SHOWN]))
