r"""Compiles an XLA module for a TPU that is not there; prints what it takes.

Run by `compiler`, in a process of its own and by the Python that has the
compiler, so it imports neither TensorFlow nor this package:

python -P copypaste_tf/tpu/compile_module.py TOPOLOGY [MODULE]

MODULE is a file with a serialized `HloModuleProto`; without it, only the
topology is looked up. The last line is JSON: `devices`, `kind` and
`cores_per_device`; with a module also `error`, or `seconds`, `host_bytes`,
`flops` and the bytes of each part of the memory of a device.
"""

import argparse
import contextlib
import json
import os
import pathlib
import resource
import time
from collections.abc import Iterator
from typing import Any

# The compiler and its private interface: other versions may differ.
REQUIREMENTS = ('jax[tpu]==0.10.2', 'libtpu==0.0.42.1')
# Or libtpu waits for a chip, or for the metadata server of a TPU VM.
SETTINGS = {
  'ALLOW_MULTIPLE_LIBTPU_LOAD': '1',
  'JAX_PLATFORMS': 'cpu',
  'TPU_ACCELERATOR_TYPE': 'v5litepod-4',
  'TPU_SKIP_MDS_QUERY': '1',
  'TPU_WORKER_HOSTNAMES': 'localhost',
  'TPU_WORKER_ID': '0',
}
_SIZES = {
  'argument_bytes': 'argument_size_in_bytes',
  'output_bytes': 'output_size_in_bytes',
  'alias_bytes': 'alias_size_in_bytes',
  'temporary_bytes': 'temp_size_in_bytes',
  'code_bytes': 'generated_code_size_in_bytes',
  'peak_bytes': 'peak_memory_in_bytes',
}


def topology(name: str) -> Any:
  """Returns JAX's description of a topology such as `v3:2x2`.

  Args:
    name: generation, a colon and the chips along each axis of the torus; a
      `/megacore` behind it fuses the two cores of a v4 chip.

  Raises:
    ValueError: there is no such topology.
    ImportError: the compiler is not installed.
  """
  from jax.errors import JaxRuntimeError
  from jax.experimental import topologies

  shape, _, config = name.partition('/')
  options = {'chip_config_name': config} if config else {}
  try:
    return topologies.get_topology_desc(
      platform='tpu', topology_name=shape, **options
    )
  except JaxRuntimeError as error:
    raise ValueError(f'no topology {name!r}: {error}') from error


def describe(found: Any) -> dict[str, Any]:
  """Returns the number of devices of a topology, and what they are."""
  first = found.devices[0]
  return {
    'devices': len(found.devices),
    'kind': first.device_kind,
    'cores_per_device': first.num_cores,
  }


def compile_module(module: bytes, found: Any) -> dict[str, Any]:
  """Compiles one replica for each device of a topology.

  Args:
    module: a serialized `HloModuleProto`.
    found: the topology.

  Returns:
    What the compiled module takes, or `error`: why there is none.
  """
  import numpy as np
  from jax._src.lib import xla_client
  from jax.errors import JaxRuntimeError

  count = len(found.devices)
  options = xla_client.CompileOptions()
  options.num_replicas, options.num_partitions = count, 1
  options.device_assignment = xla_client.DeviceAssignment.create(
    np.arange(count).reshape(count, 1)
  )
  devices = xla_client.DeviceList(tuple(found.devices))
  start = time.monotonic()
  with _stablehlo(module) as program:
    try:
      compiled = found.devices[0].client.compile(program, devices, options)
    except JaxRuntimeError as error:
      return {'error': str(error)}
  memory = compiled.get_compiled_memory_stats()
  costs = compiled.cost_analysis()
  return {
    'seconds': time.monotonic() - start,
    'host_bytes': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    'flops': (costs[0] if isinstance(costs, list) else costs)['flops'],
    **{name: getattr(memory, size) for name, size in _SIZES.items()},
  }


@contextlib.contextmanager
def _stablehlo(module: bytes) -> Iterator[Any]:
  """Translates a module to the language that the client compiles."""
  from jax._src.interpreters import mlir
  from jax._src.lib import xla_client
  from jax._src.lib.mlir import ir

  text = xla_client._xla.mlir.xla_computation_to_mlir_module(
    xla_client.XlaComputation(module)
  )
  with mlir.make_ir_context():
    program = ir.Module.parse(text)
    # TensorFlow leaves copies of its updated variables, which the dialect of
    # the client does not know.
    copies = []
    program.operation.walk(
      lambda op: _collect(op, copies), ir.WalkOrder.POST_ORDER
    )
    for copy in copies:
      copy.results[0].replace_all_uses_with(copy.operands[0])
      copy.erase()
    yield program


def _collect(op: Any, copies: list[Any]) -> Any:
  from jax._src.lib.mlir import ir

  if op.name == 'mhlo.copy':
    copies.append(op)
  return ir.WalkResult.ADVANCE


def main() -> None:
  """Looks the topology up, compiles if there is a module, prints."""
  parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawTextHelpFormatter
  )
  parser.add_argument('topology')
  parser.add_argument('module', nargs='?', type=pathlib.Path)
  arguments = parser.parse_args()
  os.environ.update(SETTINGS)
  try:
    found = topology(arguments.topology)
  except (ImportError, ValueError) as error:
    missing = isinstance(error, ImportError)
    print(json.dumps({'error': str(error), 'missing': missing}))
    return
  result = describe(found)
  if arguments.module:
    result |= compile_module(arguments.module.read_bytes(), found)
  print(json.dumps(result))


if __name__ == '__main__':
  main()
