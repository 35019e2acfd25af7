r"""Decodes every record and checks every invariant.

It prints one line per fault, `file: record 12 (source_id 345): field: fault`,
and exits with status 1 if there is a fault.

  python -m tfrecord_tools.validate_tfrecord \
    --input='build/shapes/records/train-*.tfrecord' \
    --manifest=build/shapes/records/train-manifest.json
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

import tqdm
from absl import app, flags

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
  with tqdm.tqdm(unit='record', total=(facts or {}).get('num_examples')) as bar:
    for done, new in validation.validate(paths, facts):
      for fault in new:
        bar.write(str(fault), file=sys.stdout)
      faults += len(new)
      checked += done
      bar.update(done)
      if max_faults and faults >= max_faults:
        bar.write(f'stopped after {faults} faults', file=sys.stdout)
        break
  print(f'{len(paths)} files, {checked} records, {faults} faults.')
  return faults


def _facts(manifest_path: str | None, label_map: str | None) -> dict[str, Any]:
  facts = manifest.read(manifest_path) if manifest_path else {}
  if label_map:
    with open(label_map, encoding='utf-8') as file:
      facts['label_map'] = json.load(file)
  return facts


def _define_flags() -> None:
  # Not at import: verbs share names of flags, and a process may import several.
  flags.DEFINE_list(
    'input',
    None,
    'Globs of the TFRecord files, comma-separated.',
    required=True,
  )
  flags.DEFINE_string(
    'manifest',
    None,
    'Manifest of the converter: checks labels and counts against it.',
  )
  flags.DEFINE_string(
    'label_map',
    None,
    'JSON object of category names by id, to check labels against.',
  )
  flags.DEFINE_integer(
    'max_faults', 100, 'Stop after so many faults; 0 never stops.', 0
  )


def _run(argv: list[str]) -> None:
  if len(argv) > 1:
    raise app.UsageError(f'unexpected arguments: {argv[1:]}')
  values = flags.FLAGS
  try:
    facts = _facts(values.manifest, values.label_map)
    faults = check(values.input, facts, values.max_faults)
  except (ValueError, FileNotFoundError) as error:
    sys.exit(f'error: {error}')
  if faults:
    sys.exit(1)


def main() -> None:
  """Runs the command line; see `--help`."""
  _define_flags()
  app.run(_run)


if __name__ == '__main__':
  main()
