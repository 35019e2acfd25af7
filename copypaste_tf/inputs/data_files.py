"""Expands the paths of a config to record files and reads their manifests."""

from collections.abc import Mapping, Sequence
from typing import Any

from copypaste_tf.inputs import record_order
from copypaste_tf.records.files import expand as expand
from copypaste_tf.records.files import (
  manifest_paths,
  read_json,
  read_manifest,
  read_manifests,
  shards,
)


def manifest(patterns: str) -> dict[str, Any] | None:
  """Reads the converter's manifest of the first file; None without one."""
  return next(iter(read_manifests(expand(patterns)[:1])), None)


def count_records(share: Sequence[record_order.Slice]) -> int:
  """Counts records, from the manifest if it fits the files.

  Args:
    share: files, or parts of their records.

  Returns:
    Number of records. Without a manifest that fits, reads the files to count.
  """
  counts = _told_counts([piece.path for piece in share])
  if None in counts:
    return record_order.count_records(share)
  return sum(
    len(range(piece.part, count, piece.parts))
    for piece, count in zip(share, counts, strict=True)
  )


def known_count(patterns: str) -> int | None:
  """Returns the number of records, as far as manifests tell it.

  Args:
    patterns: paths or glob patterns of the records, separated by commas.

  Returns:
    None if a file has no manifest that fits it.
  """
  counts = _told_counts(expand(patterns))
  return None if None in counts else sum(counts)


def _told_counts(paths: Sequence[str]) -> list[int | None]:
  """Returns the numbers of records that manifests state for files."""
  stated = shards(paths)
  return [stated.get(path, {}).get('num_examples') for path in paths]


def label_map(patterns: str) -> dict[int, str]:
  """Returns class names by category id; empty without a manifest.

  Args:
    patterns: paths or glob patterns of the records, separated by commas. Of two
      names of an id, the first one is taken.
  """
  return joined_label_map(read_manifests(expand(patterns)))


def label_maps(patterns: str) -> dict[str, dict[int, str]]:
  """Returns class names by category id of each manifest, by its path.

  Args:
    patterns: paths or glob patterns of the records, separated by commas.
  """
  return {
    path: joined_label_map([read_manifest(path)])
    for path in manifest_paths(expand(patterns))
  }


def joined_label_map(manifests: Sequence[Mapping[str, Any]]) -> dict[int, str]:
  """Joins the label maps of manifests; the first name of an id is taken."""
  return {
    int(k): name
    for contents in reversed(manifests)
    for k, name in contents.get('label_map', {}).items()
  }


def read_label_map(path: str) -> dict[int, str]:
  """Reads class names by category id.

  Args:
    path: JSON file: a converter's manifest, COCO annotations, or `{id: name}`.

  Raises:
    ValueError: the file is not JSON, or has another form.
  """
  names = read_json(path)
  try:
    if 'label_map' in names:  # A manifest also has details of `categories`.
      names = names['label_map']
    elif 'categories' in names:
      names = {entry['id']: entry['name'] for entry in names['categories']}
    return {int(k): str(name) for k, name in names.items()}
  except (AttributeError, KeyError, TypeError, ValueError) as error:
    raise ValueError(
      f'{path}: expected a manifest, COCO annotations or {{"1": "person"}}'
    ) from error
