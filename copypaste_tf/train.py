r"""Trains, evaluates, or both, as a recipe says.

python -m copypaste_tf.train --gin_file=configs/smoke.gin \
    --model_dir=build/smoke --mode=train_and_eval
"""

from copypaste_tf import environment  # isort: split

import sys

from absl import app, flags

from copypaste_tf import config_flags
from copypaste_tf.training import checks, gin_config, run_record, runner

del environment  # Imported for what it sets.


def _define_flags() -> None:
  # Not at import: verbs share names of flags, and a process may import several.
  config_flags.define()
  flags.DEFINE_string(
    'model_dir', None, 'Folder for checkpoints, TensorBoard and the record.'
  )
  flags.DEFINE_enum('mode', 'train_and_eval', runner.MODES, 'What to do.')
  flags.DEFINE_bool(
    'dry_run',
    False,
    'Resolve and check the config and the record in --model_dir, print, stop.',
  )
  flags.DEFINE_bool(
    'overwrite_record',
    False,
    'Go on in a model_dir that holds a run of another config.',
  )


def main(argv: list[str]) -> None:
  """Checks the config like `copypaste_tf.check`, then runs it."""
  if argv[1:]:
    raise app.UsageError(f'expected flags only, got {argv[1:]}')
  resolved = config_flags.load()
  problems = checks.problems(resolved.params, mode=flags.FLAGS.mode)
  if problems:
    found = [checks.describe(problem, resolved) for problem in problems]
    raise ValueError('\n'.join(found))
  for note in resolved.notes:
    print(f'note: {note}', file=sys.stderr)
  model_dir, overwrite = flags.FLAGS.model_dir, flags.FLAGS.overwrite_record
  if flags.FLAGS.dry_run:
    if model_dir and 'train' in flags.FLAGS.mode:
      run_record.refuse_another(model_dir, resolved.params, overwrite=overwrite)
    print(gin_config.format_effective(resolved))
    return
  if not model_dir:
    raise app.UsageError('--model_dir is required, unless with --dry_run')
  results = runner.run(
    resolved,
    model_dir,
    flags.FLAGS.mode,
    overwrite_record=overwrite,
  )
  print(f'done at step {results["step"]} after {results["seconds"]:.0f} s')


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; an error of the config is one line, not a traceback."""
  _define_flags()
  config_flags.run(main, argv)


if __name__ == '__main__':
  run()
