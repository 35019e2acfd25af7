"""Tells from manifests whether two record sets have image ids in common.

Equal ids mean the same image. Data sets count their images from small numbers,
so those of two sets may clash.
"""

import hashlib
import heapq
from collections.abc import Iterable, Mapping
from typing import Any

from copypaste_tf.records import files

KEY = 'source_ids'
"""Name of a summary in a manifest."""
_SAMPLE = 1024


def summary(names: Mapping[int, str]) -> dict[str, Any]:
  """Summarises the image ids of a record set, for its manifest.

  Args:
    names: file name of each image by its id.

  Returns:
    `smallest` and `largest` id, and `sample`: file names by id, as text, of
    the ids that come first in an order that is the same for all sets. It has
    all ids of a small set.
  """
  if not names:
    return {'sample': {}}
  return {
    'smallest': min(names),
    'largest': max(names),
    'sample': _first(names),
  }


def stated(paths: Iterable[str]) -> dict[str, Any]:
  """Returns the summary of the sets of some files, for records made of them.

  Args:
    paths: TFRecord files.

  Returns:
    `{KEY: summary}`, empty unless the manifests of the files have summaries.
  """
  manifests = files.read_manifests(paths)
  found = [one.get(KEY, {}) for one in manifests]
  if not found or not all('smallest' in one for one in found):
    return {}
  names = {int(k): v for one in found for k, v in one['sample'].items()}
  joined = {
    'smallest': min(one['smallest'] for one in found),
    'largest': max(one['largest'] for one in found),
    'sample': _first(names),
  }
  return {KEY: joined}


def shared(
  one: Mapping[str, Any], other: Mapping[str, Any]
) -> dict[int, tuple[str, str]]:
  """Finds ids that two sets have in common.

  A share of one in two hundred ids of the larger set is found almost surely,
  and every single id of two small sets.

  Args:
    one: the summary of a set.
    other: that of another set.

  Returns:
    The two file names by id, of those ids that both samples have.
  """
  first, second = one['sample'], other['sample']
  numbers = sorted(int(key) for key in first.keys() & second.keys())
  return {n: (first[str(n)], second[str(n)]) for n in numbers}


def _first(names: Mapping[int, str]) -> dict[str, str]:
  first = sorted(heapq.nsmallest(_SAMPLE, names, key=_rank))
  return {str(number): names[number] for number in first}


def _rank(number: int) -> bytes:
  return hashlib.blake2b(str(number).encode(), digest_size=8).digest()
