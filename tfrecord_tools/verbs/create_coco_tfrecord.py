"""Runs the conversion that the flags describe."""

import contextlib
import dataclasses
import sys

import tensorflow as tf
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
  # A training beside this needs the memory of the GPUs. Where TensorFlow runs
  # already, it is too late.
  with contextlib.suppress(RuntimeError):
    tf.config.set_visible_devices([], 'GPU')
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
