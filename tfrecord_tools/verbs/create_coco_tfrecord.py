"""Runs the conversion that the flags describe."""

import dataclasses
import sys
from typing import Any

from absl import flags

from tfrecord_tools import dataset_conversion, losses, manifest, shard_pool


def main(*, loader: str = 'coco_json', **settings: Any) -> None:
  """Converts and prints the manifest as a table.

  Args:
    loader: name of the format; see `loaders.register`.
    **settings: fields of `Options` to use in place of the flags.
  """
  fields = dataclasses.fields(dataset_conversion.Options)
  given = {
    f.name: flags.FLAGS[f.name].value for f in fields if f.name in flags.FLAGS
  }
  options = dataset_conversion.Options(**given | settings)
  shard_pool.hide_gpus()  # A training beside this needs their memory.
  results = dataset_conversion.convert_splits(options, loader=loader)
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
