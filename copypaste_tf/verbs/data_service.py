"""Starts a server of tf.data."""

import tensorflow as tf
from absl import flags

PROTOCOL = 'grpc'


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


def main() -> None:
  """Serves until the process is stopped."""
  names = ('port', 'host', 'dispatcher')
  server, description = start(
    **{name: flags.FLAGS[name].value for name in names}
  )
  print(description, flush=True)
  server.join()
