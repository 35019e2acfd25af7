r"""Checks a recipe without an accelerator and prints the source of each value.

python -m copypaste_tf.check --gin_file=configs/shapes_demo.gin
"""

from copypaste_tf import environment  # isort: split

import sys

from absl import app, flags

from copypaste_tf import config_flags
from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.config import gin_config

del environment  # Imported for its side effect.


def _define_flags() -> None:
  # Not at import: verbs share flag names, and a process may import several.
  config_flags.define()
  flags.DEFINE_bool(
    'allow_missing_data', False, 'Accept record files that do not exist.'
  )
  flags.DEFINE_bool(
    'only_changed', False, 'Print only values that differ from the defaults.'
  )


def main(argv: list[str]) -> None:
  """Resolves, prints and checks a config; exits with 1 if it has problems."""
  if argv[1:]:
    raise app.UsageError(f'expected flags only, got {argv[1:]}')
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


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; a mistake in the config is one line, not a traceback."""
  _define_flags()
  config_flags.run(main, argv)


if __name__ == '__main__':
  run()
