"""Runs the conversion that the flags describe."""

import dataclasses
import sys

from absl import flags

from tfrecord_tools import dataset_conversion, losses, manifest, shard_pool


def main() -> None:
  """Converts and prints the manifest as a table."""
  names = [
    field.name for field in dataclasses.fields(dataset_conversion.Options)
  ]
  options = dataset_conversion.Options(
    **{name: flags.FLAGS[name].value for name in names}
  )
  shard_pool.hide_gpus()  # A training beside this needs their memory.
  results = dataset_conversion.convert_splits(options)
  allowed = flags.FLAGS.max_dropped
  failed = False
  for name, result in results.items():
    if name:
      print(f'split {name}:')
    print(manifest.table(result))
    for problem in losses.problems(result, max_dropped=allowed):
      print(f'error: {options.annotations}: {problem}', file=sys.stderr)
      failed = True
  if failed:
    sys.exit(losses.advice(allowed))
