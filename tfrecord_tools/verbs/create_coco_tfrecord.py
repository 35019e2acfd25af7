"""Runs the conversion that the flags describe."""

import dataclasses
import sys

from absl import flags

from tfrecord_tools import dataset_conversion, manifest


def main() -> None:
  """Converts and prints the manifest as a table."""
  names = [
    field.name for field in dataclasses.fields(dataset_conversion.Options)
  ]
  options = dataset_conversion.Options(
    **{name: flags.FLAGS[name].value for name in names}
  )
  results = dataset_conversion.convert_splits(options)
  for name, result in results.items():
    if name:
      print(f'split {name}:')
    print(manifest.table(result))
  for result in results.values():
    if result['counts']['images']['in'] and not result['num_examples']:
      sys.exit('error: no image could be converted; see the table above.')
