"""Runs the TPU compiler in a process of its own, and tells how long it takes.

The compiler comes with JAX, in another process so that its library and its
gigabytes are not TensorFlow's; it may be of another environment, too.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from copypaste_tf.tpu import compile_module

_EVERY = 30.0  # Seconds between lines of progress.


def describe(topology: str, python: str = '') -> dict[str, Any]:
  """Looks a topology up.

  Args:
    topology: such as `v3:2x2`.
    python: interpreter that has the compiler; this one by default.

  Returns:
    `devices`, `kind` and `cores_per_device`.

  Raises:
    ValueError: there is no such topology, or no compiler.
  """
  return _run([topology], python, lambda seconds: None)


def compile_for(
  topology: str,
  module: bytes,
  python: str = '',
  *,
  progress: Callable[[float], None] = lambda seconds: None,
) -> dict[str, Any]:
  """Compiles a module for every device of a topology.

  Args:
    topology: such as `v3:2x2`.
    module: a serialized `HloModuleProto`.
    python: interpreter that has the compiler; this one by default.
    progress: called now and then with the seconds since the start.

  Returns:
    The figures of `compile_module`, or `error`.

  Raises:
    ValueError: there is no such topology, or no compiler, or it died.
  """
  with tempfile.NamedTemporaryFile(suffix='.hlo') as file:
    file.write(module)
    file.flush()
    return _run([topology, file.name], python, progress)


def _run(arguments, python, progress) -> dict[str, Any]:
  python = python or sys.executable
  # Without the script's folder in the path: its modules are not the compiler's.
  command = [python, '-P', str(pathlib.Path(compile_module.__file__))]
  with tempfile.TemporaryFile('w+') as log:
    try:
      process = subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=log, text=True
      )
    except OSError as error:
      raise ValueError(f'--python={python} does not run: {error}') from error
    with process:
      try:
        output = _output(process, progress)
      finally:
        process.kill()
    log.seek(0)
    return _result(process.returncode, output, log.read(), python)


def _output(process, progress) -> str:
  start = time.monotonic()
  while True:
    try:
      return process.communicate(timeout=_EVERY)[0]
    except subprocess.TimeoutExpired:
      progress(time.monotonic() - start)


def _result(status, output, log, python) -> dict[str, Any]:
  """Reads the last line; says what to do where there is none."""
  if status:
    last = (log.strip().split('\n') or [''])[-1]
    hint = (
      'out of memory? `free -g`' if status == -9 else f'the last line: {last}'
    )
    raise ValueError(f'the TPU compiler ended with status {status}; {hint}')
  found = json.loads(output.strip().split('\n')[-1])
  if found.get('missing'):
    packages = ' '.join(f"'{name}'" for name in compile_module.REQUIREMENTS)
    raise ValueError(
      f'{python} has no TPU compiler ({found["error"]}): `{python} -m pip '
      f'install {packages}`, or name the Python of another environment that '
      'has them with --python.'
    )
  if 'devices' not in found:
    raise ValueError(found['error'])
  return found
