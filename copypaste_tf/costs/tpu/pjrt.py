"""Calls the part of PJRT's C interface that compiles without a device.

PJRT is the interface of XLA's compilers (`xla/pjrt/c/pjrt_c_api.h`). Its
structs only grow at the end and each holds its size, so a library may be newer
or older than the header. Nothing is freed, because the process ends soon.
"""

import ctypes
from collections.abc import Mapping, Sequence
from typing import Any

_SIZE, _TEXT, _POINTER = ctypes.c_size_t, ctypes.c_char_p, ctypes.c_void_p
# Positions of the functions in `PJRT_Api`.
_FUNCTIONS = {
  'Error_Message': 1,
  'Plugin_Initialize': 3,
  'DeviceDescription_Attributes': 25,
  'DeviceDescription_Kind': 26,
  'Executable_GetCostAnalysis': 46,
  'Executable_OptimizedProgram': 48,
  'TopologyDescription_Create': 82,
  'TopologyDescription_GetDeviceDescriptions': 86,
  'Compile': 89,
  'Executable_GetCompiledMemoryStats': 96,
}


def _struct(name: str, *fields: tuple[str, Any]) -> type[ctypes.Structure]:
  """Declares a struct of the interface; all have the same first fields."""
  start = [('struct_size', _SIZE), ('extension_start', _POINTER)]
  return type(name, (ctypes.Structure,), {'_fields_': [*start, *fields]})


class _Value(ctypes.Union):
  _fields_ = [
    ('text', _TEXT),
    ('integer', ctypes.c_int64),
    ('number', ctypes.c_float),
  ]


_TEXT_VALUE, _INTEGER_VALUE, _NUMBER_VALUE = 0, 1, 3
_NamedValue = _struct(
  'PJRT_NamedValue',
  ('name', _TEXT),
  ('name_size', _SIZE),
  ('type', ctypes.c_int),
  ('value', _Value),
  ('value_size', _SIZE),
)
_Values = ctypes.POINTER(_NamedValue)
_Program = _struct(
  'PJRT_Program',
  ('code', _TEXT),
  ('code_size', _SIZE),
  ('format', _TEXT),
  ('format_size', _SIZE),
)
_Api = _struct(
  'PJRT_Api',
  ('version_size', _SIZE),
  ('version_extension', _POINTER),
  ('major', ctypes.c_int),
  ('minor', ctypes.c_int),
  ('functions', _POINTER * (max(_FUNCTIONS.values()) + 1)),
)
_ErrorMessage = _struct(
  'PJRT_Error_Message_Args',
  ('error', _POINTER),
  ('message', _POINTER),
  ('message_size', _SIZE),
)
_Initialize = _struct('PJRT_Plugin_Initialize_Args')
_Create = _struct(
  'PJRT_TopologyDescription_Create_Args',
  ('name', _TEXT),
  ('name_size', _SIZE),
  ('options', _Values),
  ('num_options', _SIZE),
  ('topology', _POINTER),
)
_Devices = _struct(
  'PJRT_TopologyDescription_GetDeviceDescriptions_Args',
  ('topology', _POINTER),
  ('devices', ctypes.POINTER(_POINTER)),
  ('num_devices', _SIZE),
)
_Kind = _struct(
  'PJRT_DeviceDescription_Kind_Args',
  ('device', _POINTER),
  ('kind', _POINTER),
  ('kind_size', _SIZE),
)
# Also `PJRT_Executable_GetCostAnalysis_Args`.
_Attributes = _struct(
  'PJRT_DeviceDescription_Attributes_Args',
  ('of', _POINTER),
  ('num_values', _SIZE),
  ('values', _Values),
)
_Compile = _struct(
  'PJRT_Compile_Args',
  ('topology', _POINTER),
  ('program', ctypes.POINTER(_Program)),
  ('options', _TEXT),
  ('options_size', _SIZE),
  ('client', _POINTER),
  ('executable', _POINTER),
)
_Optimized = _struct(
  'PJRT_Executable_OptimizedProgram_Args',
  ('executable', _POINTER),
  ('program', ctypes.POINTER(_Program)),
)
_SIZES = ('code', 'argument', 'output', 'alias', 'temporary')
_Memory = _struct(
  'PJRT_Executable_GetCompiledMemoryStats_Args',
  ('executable', _POINTER),
  *((size, ctypes.c_int64) for size in _SIZES),
  *((f'host_{size}', ctypes.c_int64) for size in _SIZES),
  ('peak', ctypes.c_int64),
)


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
    library.GetPjrtApi.restype = ctypes.POINTER(_Api)
    self._api = library.GetPjrtApi().contents
    if self._api.major != 0 or self._api.struct_size < ctypes.sizeof(_Api):
      raise ValueError(
        f'{path}: expected PJRT 0 of at least {ctypes.sizeof(_Api)} bytes, got '
        f'{self._api.major}.{self._api.minor} of {self._api.struct_size}.'
      )
    self._call('Plugin_Initialize', _Initialize())

  def topology(self, name: str, options: Mapping[str, str]) -> int:
    """Returns a handle of a topology.

    Args:
      name: name of the topology, such as `v3:2x2`.
      options: options of the library by name.

    Raises:
      RuntimeError: there is no such topology.
    """
    values = (_NamedValue * len(options))()
    for value, (key, text) in zip(values, options.items(), strict=True):
      value.struct_size, value.type = ctypes.sizeof(_NamedValue), _TEXT_VALUE
      value.name, value.name_size = key.encode(), len(key)
      value.value.text, value.value_size = text.encode(), len(text)
    return self._call(
      'TopologyDescription_Create',
      _Create(
        name=name.encode(),
        name_size=len(name),
        options=values,
        num_options=len(options),
      ),
    ).topology

  def devices(self, topology: int) -> Sequence[int]:
    """Returns a handle of each device of a topology."""
    result = self._call(
      'TopologyDescription_GetDeviceDescriptions', _Devices(topology=topology)
    )
    return result.devices[: result.num_devices]

  def kind(self, device: int) -> str:
    """Returns the kind of a device, such as `TPU v3`."""
    result = self._call('DeviceDescription_Kind', _Kind(device=device))
    return ctypes.string_at(result.kind, result.kind_size).decode()

  def attributes(self, device: int) -> dict[str, float]:
    """Returns the numbers that describe a device, such as `num_cores`."""
    return _values(
      self._call('DeviceDescription_Attributes', _Attributes(of=device))
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
    program = _Program(
      struct_size=ctypes.sizeof(_Program),
      code=module,
      code_size=len(module),
      format=b'hlo',
      format_size=3,
    )
    return self._call(
      'Compile',
      _Compile(
        topology=topology,
        program=ctypes.pointer(program),
        options=options,
        options_size=len(options),
      ),
    ).executable

  def memory(self, executable: int) -> dict[str, int]:
    """Returns the bytes of each part of the memory of a device."""
    result = self._call(
      'Executable_GetCompiledMemoryStats', _Memory(executable=executable)
    )
    return {size: getattr(result, size) for size in (*_SIZES, 'peak')}

  def costs(self, executable: int) -> dict[str, float]:
    """Returns XLA's cost analysis of an executable, such as `flops`."""
    return _values(
      self._call('Executable_GetCostAnalysis', _Attributes(of=executable))
    )

  def optimized(self, executable: int) -> bytes:
    """Returns the compiled module, a serialized `HloModuleProtoWithConfig`."""
    program = _Program(struct_size=ctypes.sizeof(_Program))
    arguments = _Optimized(
      executable=executable, program=ctypes.pointer(program)
    )
    self._call('Executable_OptimizedProgram', arguments)  # Sets the size.
    buffer = ctypes.create_string_buffer(program.code_size)
    program.code = ctypes.cast(buffer, _TEXT)
    self._call('Executable_OptimizedProgram', arguments)
    return buffer.raw

  def _call(self, name: str, arguments: ctypes.Structure) -> Any:
    """Calls a function and returns its arguments, which hold its results."""
    arguments.struct_size = ctypes.sizeof(arguments)
    address = self._api.functions[_FUNCTIONS[name]]
    function = ctypes.CFUNCTYPE(_POINTER, _POINTER)(address)
    error = function(ctypes.addressof(arguments))
    if error and name != 'Error_Message':
      result = self._call('Error_Message', _ErrorMessage(error=error))
      message = ctypes.string_at(result.message, result.message_size)
      raise RuntimeError(message.decode(errors='replace'))
    return arguments


def _values(result: Any) -> dict[str, float]:
  """Reads those named values that are numbers."""
  members = {_INTEGER_VALUE: 'integer', _NUMBER_VALUE: 'number'}
  return {
    x.name[: x.name_size].decode(): getattr(x.value, members[x.type])
    for x in result.values[: result.num_values]
    if x.type in members
  }
