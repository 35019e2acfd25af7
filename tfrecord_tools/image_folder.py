"""Loads a folder of images, which have no labels."""

import collections
import fnmatch
import hashlib
import os
from collections.abc import Iterable, Sequence

from copypaste_tf import printable
from copypaste_tf.serving import image_list
from tfrecord_tools import folder_index, image_numbers
from tfrecord_tools.entries import Dataset, ImageEntry
from tfrecord_tools.faults import Drops, SourceError

_NUM_KINDS = 4  # In a message.


def load(path: str, *, stop: bool, images: Sequence[str] = ()) -> Dataset:
  """Loads the images of a folder and of the folders within it.

  An image has the number in its file name as its id, if all names are distinct
  numbers; else a number from the digest of its name within the folder, which
  stays when images are added.

  Args:
    path: the folder. Hidden files and folders are left out.
    stop: whether the first fault raises instead of being counted.
    images: globs of names within the folder, such as `patch1/*.jpg`; `**`
      stands for any number of folders. Without any, all files are taken whose
      endings are those of images.

  Returns:
    The data set, without categories and objects.

  Raises:
    ConversionError: `stop` is set and there is a fault.
    ValueError: a glob matches no file, or the folder holds no image.
  """
  files = sorted(
    file
    for file in folder_index.files(path)
    if not os.path.basename(file).startswith('.')
  )
  chosen = _matching(path, files, images) if images else _images(path, files)
  drops = Drops(stop=stop)
  names = [name for name in chosen if _is_usable(name, drops)]
  named, notes = image_list.by_number(names), {}
  if named is None:
    numbers = image_numbers.from_digests(names)
    named = {number: name for name, number in numbers.items()}
    notes = {'image_ids_from_digests_of_names': len(names)}
  listing = '\n'.join(names).encode()
  return Dataset(
    images={k: ImageEntry(k, (name,), ()) for k, name in named.items()},
    categories={},
    num_images=len(chosen),
    num_annotations=0,
    drops=drops,
    sha256=hashlib.sha256(listing).hexdigest(),
    size=len(listing),
    notes=notes,
    labelled=False,
  )


def _images(folder: str, files: Sequence[str]) -> list[str]:
  """Takes the images by the endings of their names; names the other files."""
  images = [f for f in files if f.lower().endswith(image_list.SUFFIXES)]
  kinds = collections.Counter(
    os.path.splitext(file)[1] or 'no ending'
    for file in set(files).difference(images)
  )
  listed = ', '.join(
    f'{printable.escape(kind)} ({n})' for kind, n in _common(kinds)
  )
  if not images:
    raise ValueError(
      f'--image_dir={folder}: expected images '
      f'({", ".join(image_list.SUFFIXES)}), got {listed or "no file"}.'
    )
  if kinds:
    print(
      f'{folder}: {kinds.total()} files are not read, since their names are '
      f'not those of images: {listed}'
    )
  return images


def _common(kinds: collections.Counter) -> list[tuple[str, int]]:
  return sorted(kinds.items(), key=lambda item: (-item[1], item))[:_NUM_KINDS]


def _matching(
  folder: str, files: Iterable[str], globs: Sequence[str]
) -> list[str]:
  """Takes the files that a glob matches, each once."""
  by_parts = [(file, file.split('/')) for file in files]
  chosen = set()
  for glob in globs:
    wanted = glob.split('/')
    found = [file for file, parts in by_parts if _fits(parts, wanted)]
    if not found:
      raise ValueError(
        f'--images={glob} matches no file in --image_dir={folder}. It is '
        "relative to that folder, such as 'patch1/*.jpg' or '**/*.jpg'."
      )
    chosen.update(found)
  return sorted(chosen)


def _fits(parts: Sequence[str], glob: Sequence[str]) -> bool:
  """Returns whether folders and name fit a glob."""
  if not glob:
    return not parts
  if glob[0] == '**':
    return any(_fits(parts[i:], glob[1:]) for i in range(len(parts) + 1))
  return (
    bool(parts)
    and fnmatch.fnmatchcase(parts[0], glob[0])
    and _fits(parts[1:], glob[1:])
  )


def _is_usable(name: str, drops: Drops) -> bool:
  """Returns whether a record can hold a name; counts it if not."""
  if folder_index.is_text(name):
    return True
  fault = SourceError(
    'malformed_file_name',
    f'expected a name in UTF-8, got {os.fsencode(name)!r}; rename the file',
  )
  drops.image('without an id', fault)
  return False
