r"""Compiles an XLA module for a TPU without a TPU, and prints its costs.

`compiler` runs this script in a process of its own:

python -m copypaste_tf.costs.tpu.compile_module LIBRARY TOPOLOGY [MODULE]

LIBRARY is `libtpu.so`. MODULE is a file with a serialized `HloModuleProto`
whose argument is one tuple; without it, the script only describes the topology.
The last line of the output is JSON: `devices`, `kind` and `cores_per_device`.
With a module, it also has `error`, or `seconds`, `host_bytes`, `flops` and the
bytes of each part of the memory of a device. The optimized module is written
beside MODULE, with the suffix `.optimized`.
"""

import argparse
import json
import os
import pathlib
import resource
import time
from typing import Any

from copypaste_tf.costs.tpu import pjrt

# Without these, libtpu waits for the metadata server of a TPU VM, or for a
# process that trains on its TPU.
SETTINGS = {'TPU_SKIP_MDS_QUERY': '1', 'ALLOW_MULTIPLE_LIBTPU_LOAD': '1'}
OPTIMIZED = '.optimized'  # Suffix of the file of the optimized module.


class Topology:
  """A TPU to compile for; it need not exist.

  Args:
    compiler: the compiler.
    name: generation, a colon and the chips along each axis of the torus, such
      as `v3:2x2`; the suffix `/megacore` fuses the two cores of a v4 chip.

  Raises:
    ValueError: there is no such topology.
  """

  def __init__(self, compiler: pjrt.Compiler, name: str):
    shape, _, config = name.partition('/')
    options = {'chip_config_name': config} if config else {}
    self._compiler = compiler
    try:
      self._handle = compiler.topology(shape, options)
    except RuntimeError as error:
      raise ValueError(f'no topology {name!r}: {error}') from error
    self._devices = compiler.devices(self._handle)

  def describe(self) -> dict[str, Any]:
    """Returns `devices`, `kind` and `cores_per_device`."""
    first = self._devices[0]
    return {
      'devices': len(self._devices),
      'kind': self._compiler.kind(first),
      'cores_per_device': self._compiler.attributes(first)['num_cores'],
    }

  def compile(self, module: bytes, output: pathlib.Path) -> dict[str, Any]:
    """Compiles one replica for each device.

    Args:
      module: a serialized `HloModuleProto`.
      output: file for the optimized module, a `HloModuleProtoWithConfig`.

    Returns:
      The costs of the compiled module; `error`, a message, if it does not
      compile.
    """
    start = time.monotonic()
    try:
      executable = self._compiler.compile(
        module, self._handle, _options(len(self._devices))
      )
    except RuntimeError as error:
      return {'error': str(error)}
    output.write_bytes(self._compiler.optimized(executable))
    memory = self._compiler.memory(executable)
    return {
      'seconds': time.monotonic() - start,
      'host_bytes': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
      'flops': self._compiler.costs(executable)['flops'],
      **{f'{part}_bytes': size for part, size in memory.items()},
    }


def _options(replicas: int) -> bytes:
  """Returns a serialized `CompileOptionsProto` (`compile_options.proto`)."""
  # executable_build_options: num_replicas (4), num_partitions (5).
  build = b'\x20' + _varint(replicas) + b'\x28\x01'
  # parameter_is_tupled_arguments (2), executable_build_options (3).
  return b'\x10\x01' + b'\x1a' + _varint(len(build)) + build


def _varint(number: int) -> bytes:
  """Encodes a number as a varint of protocol buffers, seven bits a byte."""
  low, rest = number & 127, number >> 7
  return bytes([low | 128]) + _varint(rest) if rest else bytes([low])


def main() -> None:
  """Describes the topology, compiles the module if there is one, and prints."""
  parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawTextHelpFormatter
  )
  parser.add_argument('library')
  parser.add_argument('topology')
  parser.add_argument('module', nargs='?', type=pathlib.Path)
  arguments = parser.parse_args()
  os.environ.update(SETTINGS)
  try:
    topology = Topology(pjrt.Compiler(arguments.library), arguments.topology)
  except (OSError, RuntimeError, ValueError) as error:
    print(json.dumps({'error': str(error)}))
    return
  result = topology.describe()
  if arguments.module:
    output = arguments.module.with_suffix(OPTIMIZED)
    result |= topology.compile(arguments.module.read_bytes(), output)
  print(json.dumps(result))


if __name__ == '__main__':
  main()
