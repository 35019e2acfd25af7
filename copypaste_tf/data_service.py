r"""Runs a dispatcher or a worker of a tf.data service until it is stopped.

Start one dispatcher, then as many workers as the trainer needs:

python -m copypaste_tf.data_service --port=5050
python -m copypaste_tf.data_service --port=5051 --host=worker1 \
    --dispatcher=grpc://dispatcher1:5050

Then set `TrainData.data_service = 'grpc://dispatcher1:5050'` in the recipe.
"""

from absl import flags

from copypaste_tf import command_line


def _define_flags() -> None:
  flags.DEFINE_integer('port', 0, 'Port to listen on; 0 chooses a free port.')
  flags.DEFINE_string(
    'host', 'localhost', 'Name or address by which others reach this machine.'
  )
  flags.DEFINE_string(
    'dispatcher',
    None,
    'grpc://HOST:PORT of the dispatcher of this worker; without it, this '
    'process is the dispatcher.',
  )


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from copypaste_tf.verbs import data_service

  data_service.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
