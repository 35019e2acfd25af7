r"""Runs a dispatcher or a worker of a tf.data service until it is stopped.

Start one dispatcher, then as many workers as the trainer needs:

python -m copypaste_tf.data_service --port=5050
python -m copypaste_tf.data_service --port=5051 --host=worker1 \
    --dispatcher=grpc://dispatcher1:5050

Then set `TrainData.data_service = 'grpc://dispatcher1:5050'` in the recipe.
"""

from copypaste_tf import environment  # isort: split

import tensorflow as tf
from absl import app, flags

del environment  # Imported for its side effect.

PROTOCOL = 'grpc'


def _define_flags() -> None:
  # Not at import: verbs share flag names, and a process may import several.
  flags.DEFINE_integer('port', 0, 'Port to listen on; 0 chooses a free port.')
  flags.DEFINE_string(
    'host', 'localhost', 'Name under which others reach this machine.'
  )
  flags.DEFINE_string(
    'dispatcher',
    None,
    'grpc://host:port of the dispatcher to work for; without it, this process '
    'is the dispatcher.',
  )


def start(
  port: int = 0, host: str = 'localhost', dispatcher: str | None = None
) -> tuple[
  tf.data.experimental.service.DispatchServer
  | tf.data.experimental.service.WorkerServer,
  str,
]:
  """Starts a server.

  Args:
    port: port to listen on; 0 chooses a free one.
    host: name under which others reach this machine.
    dispatcher: `grpc://host:port` of the worker's dispatcher; None starts a
      dispatcher.

  Returns:
    The server and its description, such as `worker of grpc://host:5050`.

  Raises:
    ValueError: the address of the dispatcher has another form.
  """
  service = tf.data.experimental.service
  if dispatcher is None:
    server = service.DispatchServer(service.DispatcherConfig(port, PROTOCOL))
    bound = server.target.rpartition(':')[2]
    return server, f'dispatcher at {PROTOCOL}://{host}:{bound}'
  protocol, _, address = dispatcher.partition('://')
  if protocol != PROTOCOL or ':' not in address:
    raise ValueError(
      f'--dispatcher must be like grpc://host:5050, got {dispatcher!r}.'
    )
  config = service.WorkerConfig(address, f'{host}:%port%', port, PROTOCOL)
  return service.WorkerServer(config), f'worker of {dispatcher}'


def main(argv: list[str]) -> None:
  """Serves until the process is stopped."""
  if argv[1:]:
    raise app.UsageError(f'expected flags only, got {argv[1:]}')
  names = ('port', 'host', 'dispatcher')
  server, description = start(
    **{name: flags.FLAGS[name].value for name in names}
  )
  print(description, flush=True)
  server.join()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb."""
  _define_flags()
  app.run(main, argv)


if __name__ == '__main__':
  run()
