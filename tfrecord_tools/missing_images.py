"""Counts by folder the images of a data set whose files are missing.

A large data set comes as many archives, such as the patches of Objects365. The
counts tell an archive that was not unpacked from single files that no archive
holds.
"""

import collections
import os
from collections.abc import Iterator, Mapping
from typing import Any

from tfrecord_tools.entries import ImageEntry

_LISTED = 100  # Names of a folder in the manifest.
_NUM_FOLDERS = 20  # In messages.
_NUM_NAMES = 3


def by_folder(
  stated: Mapping[int, ImageEntry], resolved: Mapping[int, ImageEntry]
) -> dict[str, dict[str, Any]]:
  """Counts missing images.

  Args:
    stated: the entries, with the names that the source gives its images.
    resolved: the same entries once their files were looked for.

  Returns:
    By each folder that lacks an image, as the source names it: `images`, the
    number of images in it, `missing`, how many of them are missing, and
    `names`, the first of these. All are sorted.
  """
  missing = collections.defaultdict(list)
  for number, entry in resolved.items():
    if entry.fault is not None and entry.fault.reason == 'missing_image':
      folder, name = os.path.split(stated[number].file_names[0])
      missing[folder].append(name)
  if not missing:
    return {}
  sizes = collections.Counter(
    os.path.dirname(entry.file_names[0]) for entry in stated.values()
  )
  return {
    folder: {
      'images': sizes[folder],
      'missing': len(names),
      'names': sorted(names)[:_LISTED],
    }
    for folder, names in sorted(missing.items())
  }


def lines(missing: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
  """Describes missing images, the folders that lack most of them first.

  Args:
    missing: the result of `by_folder`.

  Yields:
    A line for each folder, and one for those that are left out.
  """
  ranked = sorted(missing, key=lambda f: (-missing[f]['missing'], f))
  for folder in ranked[:_NUM_FOLDERS]:
    counts = missing[folder]
    names = counts['names'][:_NUM_NAMES]
    more = ', ...' if counts['missing'] > len(names) else ''
    yield (
      f'{folder or "no folder"}: {counts["missing"]} of {counts["images"]} '
      f'images are missing: {", ".join(names)}{more}'
    )
  if left := ranked[_NUM_FOLDERS:]:
    total = sum(missing[folder]['missing'] for folder in left)
    yield f'{total} more images are missing in {len(left)} other folders'
