"""Declares the structs of PJRT's C interface that `pjrt` uses.

They follow `xla/pjrt/c/pjrt_c_api.h`. Structs only grow at the end and each
holds its size, so a library may be newer or older than the header.
"""

import ctypes
from typing import Any

_SIZE, TEXT, POINTER = ctypes.c_size_t, ctypes.c_char_p, ctypes.c_void_p
# Positions of the functions in `PJRT_Api`.
FUNCTIONS = {
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
  start = [('struct_size', _SIZE), ('extension_start', POINTER)]
  return type(name, (ctypes.Structure,), {'_fields_': [*start, *fields]})


class _Value(ctypes.Union):
  _fields_ = [
    ('text', TEXT),
    ('integer', ctypes.c_int64),
    ('number', ctypes.c_float),
  ]


TEXT_VALUE, INTEGER_VALUE, NUMBER_VALUE = 0, 1, 3
NamedValue = _struct(
  'PJRT_NamedValue',
  ('name', TEXT),
  ('name_size', _SIZE),
  ('type', ctypes.c_int),
  ('value', _Value),
  ('value_size', _SIZE),
)
Values = ctypes.POINTER(NamedValue)
Program = _struct(
  'PJRT_Program',
  ('code', TEXT),
  ('code_size', _SIZE),
  ('format', TEXT),
  ('format_size', _SIZE),
)
Api = _struct(
  'PJRT_Api',
  ('version_size', _SIZE),
  ('version_extension', POINTER),
  ('major', ctypes.c_int),
  ('minor', ctypes.c_int),
  ('functions', POINTER * (max(FUNCTIONS.values()) + 1)),
)
ErrorMessage = _struct(
  'PJRT_Error_Message_Args',
  ('error', POINTER),
  ('message', POINTER),
  ('message_size', _SIZE),
)
Initialize = _struct('PJRT_Plugin_Initialize_Args')
Create = _struct(
  'PJRT_TopologyDescription_Create_Args',
  ('name', TEXT),
  ('name_size', _SIZE),
  ('options', Values),
  ('num_options', _SIZE),
  ('topology', POINTER),
)
Devices = _struct(
  'PJRT_TopologyDescription_GetDeviceDescriptions_Args',
  ('topology', POINTER),
  ('devices', ctypes.POINTER(POINTER)),
  ('num_devices', _SIZE),
)
Kind = _struct(
  'PJRT_DeviceDescription_Kind_Args',
  ('device', POINTER),
  ('kind', POINTER),
  ('kind_size', _SIZE),
)
# Also `PJRT_Executable_GetCostAnalysis_Args`.
Attributes = _struct(
  'PJRT_DeviceDescription_Attributes_Args',
  ('of', POINTER),
  ('num_values', _SIZE),
  ('values', Values),
)
Compile = _struct(
  'PJRT_Compile_Args',
  ('topology', POINTER),
  ('program', ctypes.POINTER(Program)),
  ('options', TEXT),
  ('options_size', _SIZE),
  ('client', POINTER),
  ('executable', POINTER),
)
Optimized = _struct(
  'PJRT_Executable_OptimizedProgram_Args',
  ('executable', POINTER),
  ('program', ctypes.POINTER(Program)),
)
SIZES = ('code', 'argument', 'output', 'alias', 'temporary')
Memory = _struct(
  'PJRT_Executable_GetCompiledMemoryStats_Args',
  ('executable', POINTER),
  *((size, ctypes.c_int64) for size in SIZES),
  *((f'host_{size}', ctypes.c_int64) for size in SIZES),
  ('peak', ctypes.c_int64),
)
