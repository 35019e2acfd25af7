r"""Measures each part of a recipe's training step, or of its detection step.

python -m copypaste_tf.benchmark_step --gin_file=configs/smoke.gin \
    --batch=4 --json=build/step.json

Prints milliseconds, executed operations and bytes of each part, with and
without Copy-Paste. On a machine without an accelerator, the times are those of
the CPU; the counts are similar to those on an accelerator.
"""

from absl import flags

from copypaste_tf import command_line, config_flags


def define(flag_values: flags.FlagValues = flags.FLAGS) -> None:
  """Defines the flags of the measurement."""
  own = {'flag_values': flag_values}
  flags.DEFINE_enum(
    'mode',
    'train',
    ['train', 'eval'],
    'Step to measure: `train`, or `eval` for a detection step.',
    **own,
  )
  flags.DEFINE_integer(
    'batch', None, 'Images per step; by default as in the config.', 1, **own
  )
  flags.DEFINE_integer(
    'objects',
    20,
    'Objects in each random image, which are used if there are no records.',
    0,
    **own,
  )
  flags.DEFINE_enum(
    'form',
    'auto',
    ['auto', 'blocks', 'dense'],
    'Form of the augmentation: `blocks` for CPUs, `dense` for accelerators; '
    '`auto` times the form for this device and counts `dense`.',
    **own,
  )
  flags.DEFINE_enum(
    'xla',
    'auto',
    ['auto', 'on', 'off', 'both'],
    'Time with runtime.xla `on`, `off` or `both`; `auto` is `both` on a GPU, '
    'and as in a training on other devices.',
    **own,
  )
  flags.DEFINE_bool(
    'counts', True, 'Count operations, which compiles the step again.', **own
  )
  flags.DEFINE_integer(
    'rounds', 10, 'Timed calls of each part, after the first.', 1, **own
  )
  flags.DEFINE_string('json', None, 'JSON file to write all numbers to.', **own)


def _define_flags() -> None:
  config_flags.define()
  define()


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from copypaste_tf.verbs import benchmark_step

  benchmark_step.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
