"""Checks a config, then trains or evaluates it."""

import sys

from absl import app, flags

from copypaste_tf import config_flags
from copypaste_tf.training.checkpoints import last_good
from copypaste_tf.training.checks import checkpoint_checks, config_checks
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import devices, profiler, run_record, runner


def main() -> None:
  """Checks the config as `copypaste_tf.check` does, then runs it."""
  resolved, mode = config_flags.load(), flags.FLAGS.mode
  config_flags.refuse(config_checks.value_problems(resolved.params), resolved)
  # The other checks run TensorFlow, and workers must connect before that.
  started = None if flags.FLAGS.dry_run else devices.start(resolved.params)
  replicas = started.replicas if started else None
  model_dir, overwrite = flags.FLAGS.model_dir, flags.FLAGS.overwrite_record
  # The run's own checkpoint takes the place of init_checkpoint.
  resumes = bool(model_dir and last_good.list_checkpoints(model_dir)[0])
  findings = config_checks.examine(
    resolved.params, mode=mode, replicas=replicas, initialises=not resumes
  )
  config_flags.refuse(findings.problems, resolved)
  for note in (*resolved.notes, *findings.notes):
    print(f'note: {note}', file=sys.stderr)
  profile = _profile(resolved.params.trainer.train_steps)
  if flags.FLAGS.dry_run:
    if model_dir and 'train' in mode:
      run_record.refuse_other_config(
        model_dir, resolved.params, overwrite=overwrite
      )
    if 'train' in mode and not resumes:
      misfits, taken = checkpoint_checks.compare(resolved.params.task)
      config_flags.refuse(misfits, resolved)
      for note in taken:
        print(f'note: {note}', file=sys.stderr)
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
