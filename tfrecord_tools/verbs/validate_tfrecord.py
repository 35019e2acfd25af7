"""Checks files and prints their faults."""

import sys
from collections.abc import Mapping
from typing import Any

import tqdm
from absl import flags

from copypaste_tf.records.record_features import Survey
from tfrecord_tools import manifest, validation


def check(
  patterns: list[str], facts: Mapping[str, Any] | None, max_faults: int
) -> int:
  """Checks files and prints their faults.

  Args:
    patterns: globs of TFRecord files.
    facts: the manifest, or a part of it such as a `label_map`.
    max_faults: number of faults to stop after; 0 never stops.

  Returns:
    The number of faults.

  Raises:
    FileNotFoundError: a glob matches nothing.
  """
  paths = validation.expand(patterns)
  faults = checked = 0
  survey = Survey()
  with tqdm.tqdm(unit='record', total=(facts or {}).get('num_examples')) as bar:
    for done, new in validation.validate(paths, facts, survey):
      for fault in new:
        bar.write(str(fault), file=sys.stdout)
      faults += len(new)
      checked += done
      bar.update(done)
      if max_faults and faults >= max_faults:
        bar.write(f'stopped after {faults} faults', file=sys.stdout)
        break
  if survey.objects and (note := survey.note()):
    print(f'note: {note}')
  print(f'{len(paths)} files, {checked} records, {faults} faults.')
  return faults


def read_facts(
  manifest_path: str | None, label_map: str | None
) -> dict[str, Any]:
  """Reads what records are checked against.

  Args:
    manifest_path: manifest of the converter, None without one.
    label_map: JSON object of category names by id, None without one.

  Returns:
    The manifest, with the `label_map`.

  Raises:
    ValueError: a file is of another kind.
  """
  facts = manifest.read(manifest_path) if manifest_path else {}
  if manifest_path and 'num_examples' not in facts:
    raise ValueError(
      f'{manifest_path}: expected the manifest that the converter writes '
      f'beside its records, got an object with the keys {list(facts)[:8]}.'
    )
  if label_map:
    facts['label_map'] = manifest.read(label_map)
  return facts


def main() -> None:
  """Checks the files; exits with 1 if there is a fault."""
  values = flags.FLAGS
  facts = read_facts(values.manifest, values.label_map)
  if check(values.input, facts, values.max_faults):
    sys.exit(1)
