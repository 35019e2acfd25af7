r"""Trains a model, evaluates it, or does both.

python -m copypaste_tf.train --gin_file=configs/smoke.gin \
    --model_dir=build/smoke --mode=train_and_eval
"""

from absl import flags

from copypaste_tf import command_line, config_flags

_MODES = ('train', 'eval', 'train_and_eval', 'continuous_eval')


def _define_flags() -> None:
  config_flags.define()
  flags.DEFINE_string(
    'model_dir',
    None,
    'Folder for checkpoints, TensorBoard events and the record of the run.',
  )
  flags.DEFINE_enum(
    'mode',
    'train_and_eval',
    _MODES,
    'What to do; `continuous_eval` evaluates each checkpoint of a training '
    'that another process runs.',
  )
  flags.DEFINE_bool(
    'dry_run',
    False,
    'Print the config, check it, compare it with the run in --model_dir, and '
    'stop.',
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


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from copypaste_tf.verbs import train

  train.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
