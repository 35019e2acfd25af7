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
  result = dataset_conversion.convert(options)
  print(manifest.table(result))
  if result['counts']['images']['in'] and not result['num_examples']:
    sys.exit('error: no image could be converted; see the table above.')
