"""Prints a config with the origins of its values, and its problems."""

import sys

from absl import flags

from copypaste_tf import config_flags
from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.config import gin_config


def main() -> None:
  """Resolves, prints and checks a config; exits with 1 if it has problems."""
  resolved = config_flags.load()
  print(
    gin_config.format_effective(resolved, only_changed=flags.FLAGS.only_changed)
  )
  for note in resolved.notes:
    print(f'note: {note}')
  problems = config_checks.problems(
    resolved.params, missing_data=flags.FLAGS.allow_missing_data
  )
  sys.stdout.flush()
  for problem in problems:
    print(
      f'error: {config_checks.describe(problem, resolved)}', file=sys.stderr
    )
  if problems:
    sys.exit(1)
  print('ok')
