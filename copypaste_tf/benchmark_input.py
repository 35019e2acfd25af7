r"""Measures time and memory of the input pipeline of a recipe.

python -m copypaste_tf.benchmark_input --gin_file=configs/smoke.gin \
    --consume=100 --json=build/input.json
"""

from absl import flags

from copypaste_tf import command_line, config_flags


def define(flag_values: flags.FlagValues = flags.FLAGS) -> None:
  """Defines the flags of the measurement."""
  own = {'flag_values': flag_values}
  flags.DEFINE_string('json', None, 'JSON file to write all numbers to.', **own)
  flags.DEFINE_float(
    'consume',
    None,
    'Images per second of an accelerator; prints the cores that it keeps busy.',
    0,
    **own,
  )
  flags.DEFINE_list(
    'cores', ['1', '2'], 'Numbers of CPU cores to measure with.', **own
  )
  flags.DEFINE_integer('images', 16, 'Images per pipeline and round.', 1, **own)
  flags.DEFINE_integer(
    'rounds', 5, 'Rounds; each measures every pipeline once.', 1, **own
  )
  flags.DEFINE_integer(
    'batches',
    30,
    'Batches of a long run that shows throughput and memory over time; 0 skips '
    'it.',
    0,
    **own,
  )


def _define_flags() -> None:
  config_flags.define()
  define()


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from copypaste_tf.verbs import benchmark_input

  benchmark_input.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
