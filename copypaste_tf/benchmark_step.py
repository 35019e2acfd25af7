r"""Measures the training step of a recipe, or its detection step, by part.

python -m copypaste_tf.benchmark_step --gin_file=configs/smoke.gin \
    --batch=4 --json=build/step.json

Prints milliseconds, runs of operations and bytes of each part, with Copy-Paste
and without. Without an accelerator, the times are those of the CPU, and the
counts are what carries over.
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
    'batch', None, 'Images of a step; by default those of the config.', 1, **own
  )
  flags.DEFINE_integer(
    'objects',
    20,
    'Objects of each random image, where the records do not exist.',
    0,
    **own,
  )
  flags.DEFINE_enum(
    'form',
    'auto',
    ['auto', 'blocks', 'dense'],
    'Form of the augmentation: `blocks` for CPUs, `dense` for accelerators; '
    '`auto` times that of this device and counts `dense`.',
    **own,
  )
  flags.DEFINE_enum(
    'xla',
    'auto',
    ['auto', 'on', 'off', 'both'],
    'Times with runtime.xla `on`, `off` or `both`; `auto` is `both` on a GPU, '
    'and what trains on other devices.',
    **own,
  )
  flags.DEFINE_bool(
    'counts', True, 'Count runs of operations, which compiles again.', **own
  )
  flags.DEFINE_integer(
    'rounds', 10, 'Timed calls of each part, after the first.', 1, **own
  )
  flags.DEFINE_string('json', None, 'File for all numbers.', **own)


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
