"""Prints a config with the origins of its values, and its problems."""

import sys

from absl import flags

from copypaste_tf import config_flags
from copypaste_tf.training.checks import (
  checkpoint_checks,
  config_checks,
  own_data,
)
from copypaste_tf.training.config import gin_config


def main() -> None:
  """Resolves, prints and checks a config; exits with 1 if it has problems."""
  resolved = config_flags.load()
  print(
    gin_config.format_effective(resolved, only_changed=flags.FLAGS.only_changed)
  )
  problems, notes = _examine(
    resolved.params, missing_data=flags.FLAGS.allow_missing_data
  )
  for note in (*resolved.notes, *notes):
    print(f'note: {note}')
  if not problems and not flags.FLAGS.allow_missing_data:
    print('\n'.join(own_data.lines(resolved.params)))
  sys.stdout.flush()
  for problem in problems:
    print(
      f'error: {config_checks.describe(problem, resolved)}', file=sys.stderr
    )
  if problems:
    sys.exit(1)
  print('ok')


def _examine(params, *, missing_data: bool):
  """Returns the problems of a config with its checkpoint, and notes."""
  problems, notes = config_checks.examine(params, missing_data=missing_data)
  absent = missing_data and checkpoint_checks.missing(params.task)
  if problems or absent:
    return problems, notes
  misfits, taken = checkpoint_checks.compare(params.task)
  return misfits, notes + taken
