"""Checks files and prints their faults."""

import json
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


def _facts(manifest_path: str | None, label_map: str | None) -> dict[str, Any]:
  facts = manifest.read(manifest_path) if manifest_path else {}
  if label_map:
    with open(label_map, encoding='utf-8') as file:
      facts['label_map'] = json.load(file)
  return facts


def main() -> None:
  """Checks the files; exits with 1 if there is a fault."""
  values = flags.FLAGS
  facts = _facts(values.manifest, values.label_map)
  if check(values.input, facts, values.max_faults):
    sys.exit(1)
