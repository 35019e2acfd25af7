"""Runs the TPU compiler in a process of its own.

TensorFlow then neither loads its library nor keeps its memory.
"""

import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from tensorflow.compiler.xla.service import hlo_pb2

from copypaste_tf.costs import operation_counts
from copypaste_tf.costs.tpu import compile_module

# The oldest version that was tried.
REQUIREMENT = 'libtpu>=0.0.27'
_PROGRESS_SECONDS = 30.0  # Between two calls of `progress`.


def describe(topology: str, library: str = '') -> dict[str, Any]:
  """Describes a topology.

  Args:
    topology: such as `v3:2x2`.
    library: path of `libtpu.so`; by default that of the package libtpu.

  Returns:
    `devices`, `kind` and `cores_per_device`.

  Raises:
    ValueError: there is no such topology or no compiler.
  """
  return _run([topology], library, lambda seconds: None)


def compile_for(
  topology: str,
  module: bytes,
  library: str = '',
  *,
  progress: Callable[[float], None] = lambda seconds: None,
) -> dict[str, Any]:
  """Compiles a module for every device of a topology.

  Args:
    topology: such as `v3:2x2`.
    module: a serialized `HloModuleProto` whose argument is one tuple.
    library: path of `libtpu.so`; by default that of the package libtpu.
    progress: called every half minute with the seconds since the start.

  Returns:
    The figures of `compile_module` with `runs`, `bytes` and `loops` of
    `operation_counts`, or `error`.

  Raises:
    ValueError: there is no such topology or no compiler, or it was killed.
  """
  with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, 'module.hlo')
    path.write_bytes(module)
    compiled = _run([topology, str(path)], library, progress)
    if 'error' not in compiled:
      optimized = path.with_suffix(compile_module.OPTIMIZED).read_bytes()
      compiled |= _counted(optimized)
  return compiled


def _counted(optimized) -> dict[str, Any]:
  """Returns the counts of a serialized `HloModuleProtoWithConfig`."""
  # Its first field is the module, as in a `HloProto`.
  module = hlo_pb2.HloProto.FromString(optimized).hlo_module
  counts = operation_counts.of_module(module.SerializeToString())
  loops = [loop._asdict() for loop in counts.loops]
  return {'runs': counts.runs, 'bytes': counts.bytes, 'loops': loops}


def installed() -> str:
  """Returns the path of the `libtpu.so` of the package libtpu.

  Raises:
    ValueError: the package is not installed.
  """
  # Not imported: an import prepares the library for a TPU of this machine.
  spec = importlib.util.find_spec('libtpu')
  if spec is None:
    raise ValueError(
      f'the TPU compiler is not installed: `{sys.executable} -m pip install '
      f"'{REQUIREMENT}'`, or name a libtpu.so with --libtpu."
    )
  return str(pathlib.Path(spec.origin).with_name('libtpu.so'))


def _run(arguments, library, progress) -> dict[str, Any]:
  command = [sys.executable, '-m', compile_module.__name__]
  command += [library or installed(), *arguments]
  with tempfile.TemporaryFile('w+') as log:
    process = subprocess.Popen(
      command, stdout=subprocess.PIPE, stderr=log, text=True
    )
    with process:
      try:
        output = _output(process, progress)
      finally:
        process.kill()
    log.seek(0)
    return _result(process.returncode, output, log.read())


def _output(process, progress) -> str:
  start = time.monotonic()
  while True:
    try:
      return process.communicate(timeout=_PROGRESS_SECONDS)[0]
    except subprocess.TimeoutExpired:
      progress(time.monotonic() - start)


def _result(status, output, log) -> dict[str, Any]:
  """Parses the last line of the output; explains why there is none."""
  if status:
    last = (log.strip().split('\n') or [''])[-1]
    hint = (
      'out of memory? `free -g`' if status == -9 else f'the last line: {last}'
    )
    raise ValueError(f'the TPU compiler ended with status {status}; {hint}')
  result = json.loads(output.strip().split('\n')[-1])
  if 'devices' not in result:
    raise ValueError(result['error'])
  return result
