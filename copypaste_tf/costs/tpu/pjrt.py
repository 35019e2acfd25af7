"""Calls the part of PJRT's C interface that compiles without a device.

PJRT is the interface of XLA's compilers; `pjrt_structs` declares it. Nothing is
freed, because the process ends soon.
"""

import ctypes
from collections.abc import Mapping, Sequence
from typing import Any

from copypaste_tf.costs.tpu import pjrt_structs as c


class Compiler:
  """A library that implements the interface, such as `libtpu.so`.

  Args:
    path: path of the library.

  Raises:
    OSError: the library does not load.
    ValueError: it lacks this interface or has another version of it.
    RuntimeError: it does not start.
  """

  def __init__(self, path: str):
    library = ctypes.CDLL(path)
    if not hasattr(library, 'GetPjrtApi'):
      raise ValueError(f'{path}: expected a compiler such as libtpu.so.')
    library.GetPjrtApi.restype = ctypes.POINTER(c.Api)
    self._api = library.GetPjrtApi().contents
    if self._api.major != 0 or self._api.struct_size < ctypes.sizeof(c.Api):
      raise ValueError(
        f'{path}: expected PJRT 0 of at least {ctypes.sizeof(c.Api)} bytes, '
        f'got {self._api.major}.{self._api.minor} of {self._api.struct_size}.'
      )
    self._call('Plugin_Initialize', c.Initialize())

  def topology(self, name: str, options: Mapping[str, str]) -> int:
    """Returns a handle of a topology.

    Args:
      name: name of the topology, such as `v3:2x2`.
      options: options of the library by name.

    Raises:
      RuntimeError: there is no such topology.
    """
    values = (c.NamedValue * len(options))()
    for value, (key, text) in zip(values, options.items(), strict=True):
      value.struct_size, value.type = (
        ctypes.sizeof(c.NamedValue),
        c.TEXT_VALUE,
      )
      value.name, value.name_size = key.encode(), len(key)
      value.value.text, value.value_size = text.encode(), len(text)
    return self._call(
      'TopologyDescription_Create',
      c.Create(
        name=name.encode(),
        name_size=len(name),
        options=values,
        num_options=len(options),
      ),
    ).topology

  def devices(self, topology: int) -> Sequence[int]:
    """Returns a handle of each device of a topology."""
    result = self._call(
      'TopologyDescription_GetDeviceDescriptions',
      c.Devices(topology=topology),
    )
    return result.devices[: result.num_devices]

  def kind(self, device: int) -> str:
    """Returns the kind of a device, such as `TPU v3`."""
    result = self._call('DeviceDescription_Kind', c.Kind(device=device))
    return ctypes.string_at(result.kind, result.kind_size).decode()

  def attributes(self, device: int) -> dict[str, float]:
    """Returns the numbers that describe a device, such as `num_cores`."""
    return _values(
      self._call('DeviceDescription_Attributes', c.Attributes(of=device))
    )

  def compile(self, module: bytes, topology: int, options: bytes) -> int:
    """Compiles a module and returns a handle of the executable.

    Args:
      module: a serialized `HloModuleProto`.
      topology: a handle.
      options: a serialized `CompileOptionsProto`.

    Raises:
      RuntimeError: the module does not compile; the message has the reason.
    """
    program = c.Program(
      struct_size=ctypes.sizeof(c.Program),
      code=module,
      code_size=len(module),
      format=b'hlo',
      format_size=3,
    )
    return self._call(
      'Compile',
      c.Compile(
        topology=topology,
        program=ctypes.pointer(program),
        options=options,
        options_size=len(options),
      ),
    ).executable

  def memory(self, executable: int) -> dict[str, int]:
    """Returns the bytes of each part of the memory of a device."""
    result = self._call(
      'Executable_GetCompiledMemoryStats', c.Memory(executable=executable)
    )
    return {size: getattr(result, size) for size in (*c.SIZES, 'peak')}

  def costs(self, executable: int) -> dict[str, float]:
    """Returns XLA's cost analysis of an executable, such as `flops`."""
    return _values(
      self._call('Executable_GetCostAnalysis', c.Attributes(of=executable))
    )

  def optimized(self, executable: int) -> bytes:
    """Returns the compiled module, a serialized `HloModuleProtoWithConfig`."""
    program = c.Program(struct_size=ctypes.sizeof(c.Program))
    arguments = c.Optimized(
      executable=executable, program=ctypes.pointer(program)
    )
    self._call('Executable_OptimizedProgram', arguments)  # Sets the size.
    buffer = ctypes.create_string_buffer(program.code_size)
    program.code = ctypes.cast(buffer, c.TEXT)
    self._call('Executable_OptimizedProgram', arguments)
    return buffer.raw

  def _call(self, name: str, arguments: ctypes.Structure) -> Any:
    """Calls a function and returns its arguments, which hold its results."""
    arguments.struct_size = ctypes.sizeof(arguments)
    address = self._api.functions[c.FUNCTIONS[name]]
    function = ctypes.CFUNCTYPE(c.POINTER, c.POINTER)(address)
    error = function(ctypes.addressof(arguments))
    if error and name != 'Error_Message':
      result = self._call('Error_Message', c.ErrorMessage(error=error))
      message = ctypes.string_at(result.message, result.message_size)
      raise RuntimeError(message.decode(errors='replace'))
    return arguments


def _values(result: Any) -> dict[str, float]:
  """Reads those named values that are numbers."""
  members = {c.INTEGER_VALUE: 'integer', c.NUMBER_VALUE: 'number'}
  return {
    x.name[: x.name_size].decode(): getattr(x.value, members[x.type])
    for x in result.values[: result.num_values]
    if x.type in members
  }
