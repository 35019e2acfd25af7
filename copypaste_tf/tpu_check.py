r"""Compiles a recipe's training step for a TPU, without a TPU.

python -m copypaste_tf.tpu_check --gin_file=coco_r50_lsj_copypaste \
    --topology=v3:2x2 --batch_per_core=2

Prints whether the step compiles, the memory per core, the operations of a step
and a lower bound of its time. This takes minutes. `pip install '.[tpu_check]'`
installs the compiler.
"""

from absl import flags

from copypaste_tf import command_line, config_flags


def define(flag_values: flags.FlagValues = flags.FLAGS) -> None:
  """Defines the flags of this verb; those of the config are not included."""
  flags.DEFINE_string(
    'topology',
    'v3:2x2',
    'TPU generation and chips along each axis, such as v3:2x2, v3:4x8, '
    'v4:2x2x1 (v4:2x2x1/megacore fuses the two cores of a chip), v5e:2x2, '
    'v5p:2x2x1, v6e:2x2. Every core is a replica.',
    flag_values=flag_values,
  )
  flags.DEFINE_string(
    'batch_per_core',
    '1',
    'Images per core, or `auto` to search for the largest batch that fits, '
    'which takes about five compilations.',
    flag_values=flag_values,
  )
  flags.DEFINE_string(
    'libtpu',
    '',
    'Path of the compiler, a libtpu.so; by default that of the package libtpu.',
    flag_values=flag_values,
  )
  flags.DEFINE_string(
    'output',
    '',
    'JSON file to write all numbers to.',
    flag_values=flag_values,
  )


def _define_flags() -> None:
  config_flags.define()
  define()


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from copypaste_tf.verbs import tpu_check

  tpu_check.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
