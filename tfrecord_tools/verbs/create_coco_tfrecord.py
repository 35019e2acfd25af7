"""Runs the conversion that the flags describe."""

import dataclasses
import sys

from absl import flags

from tfrecord_tools import dataset_conversion, losses, manifest


def main() -> None:
  """Converts and prints the manifest as a table."""
  names = [
    field.name for field in dataclasses.fields(dataset_conversion.Options)
  ]
  options = dataset_conversion.Options(
    **{name: flags.FLAGS[name].value for name in names}
  )
  result = dataset_conversion.convert(options)
  print(manifest.table(result))
  allowed = flags.FLAGS.max_dropped
  problems = list(losses.problems(result, max_dropped=allowed))
  for problem in problems:
    print(f'error: {options.annotations}: {problem}', file=sys.stderr)
  if problems:
    sys.exit(losses.advice(allowed))
