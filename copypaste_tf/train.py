r"""Trains a model, evaluates it, or does both.

python -m copypaste_tf.train --gin_file=configs/smoke.gin \
    --model_dir=build/smoke --mode=train_and_eval
"""

from copypaste_tf import environment  # isort: split

import sys

from absl import app, flags

from copypaste_tf import config_flags
from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import devices, profiler, run_record, runner

del environment  # Imported for its side effect.


def _define_flags() -> None:
  # Not at import: verbs share flag names, and a process may import several.
  config_flags.define()
  flags.DEFINE_string(
    'model_dir',
    None,
    'Folder for checkpoints, TensorBoard events and the record of the run.',
  )
  flags.DEFINE_enum('mode', 'train_and_eval', runner.MODES, 'Work to do.')
  flags.DEFINE_bool(
    'dry_run',
    False,
    'Print the config, check it and the record in --model_dir, then stop.',
  )
  flags.DEFINE_bool(
    'overwrite_record',
    False,
    'Continue in a model_dir that holds a run of another config.',
  )
  flags.DEFINE_string(
    'profile',
    None,
    'START:COUNT: profile COUNT steps after step START, for TensorBoard.',
  )


def main(argv: list[str]) -> None:
  """Checks the config as `copypaste_tf.check` does, then runs it."""
  if argv[1:]:
    raise app.UsageError(f'expected flags only, got {argv[1:]}')
  resolved, mode = config_flags.load(), flags.FLAGS.mode
  config_flags.refuse(config_checks.value_problems(resolved.params), resolved)
  # The other checks run TensorFlow, and workers must connect before that.
  started = None if flags.FLAGS.dry_run else devices.start(resolved.params)
  replicas = started.replicas if started else None
  config_flags.refuse(
    config_checks.problems(resolved.params, mode=mode, replicas=replicas),
    resolved,
  )
  for note in resolved.notes:
    print(f'note: {note}', file=sys.stderr)
  profile = _profile(resolved.params.trainer.train_steps)
  model_dir, overwrite = flags.FLAGS.model_dir, flags.FLAGS.overwrite_record
  if flags.FLAGS.dry_run:
    if model_dir and 'train' in mode:
      run_record.refuse_other_config(
        model_dir, resolved.params, overwrite=overwrite
      )
    print(gin_config.format_effective(resolved))
    return
  if not model_dir:
    raise app.UsageError('--model_dir is required without --dry_run')
  results = runner.run(
    resolved,
    model_dir,
    mode,
    overwrite_record=overwrite,
    profile=profile,
    started=started,
  )
  print(f'done at step {results["step"]} after {results["seconds"]:.0f} s')


def _profile(train_steps: int) -> profiler.Window | None:
  if flags.FLAGS.profile is None:
    return None
  steps = profiler.window(flags.FLAGS.profile)
  if 'train' not in flags.FLAGS.mode or steps.end > train_steps:
    raise ValueError(
      f'--profile: step {steps.end} is not one of the {train_steps} of a '
      f'training; --mode={flags.FLAGS.mode}'
    )
  return steps


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; a mistake in the config is one line, not a traceback."""
  _define_flags()
  config_flags.run(main, argv)


if __name__ == '__main__':
  run()
