"""Inspects XLA modules and makes them portable between compilers.

A module is a serialized `HloModuleProto`, the input of XLA's compilers.
"""

from collections.abc import Iterator

from tensorflow.compiler.xla import xla_data_pb2
from tensorflow.compiler.xla.service import hlo_pb2

_Computation = hlo_pb2.HloComputationProto
_Instruction = hlo_pb2.HloInstructionProto


def portable(serialized: bytes) -> bytes:
  """Rewrites a module of TensorFlow for another version of the compiler.

  - Instructions are numbered from 0 in each computation. The compiler allocates
    a table up to the largest number of each computation, and TensorFlow numbers
    the whole module: the tables of 7,000 computations with 200,000 instructions
    would take more than 20 GiB.
  - All arguments become one tuple. A TPU accepts a few thousand arguments, but
    a large model and its optimizer have more.

  Args:
    serialized: the module.
  """
  module = hlo_pb2.HloModuleProto.FromString(serialized)
  for computation in module.computations:
    if computation.id == module.entry_computation_id:
      _tuple_arguments(module, computation)
    _count_from_zero(computation)
  return module.SerializeToString()


def dynamic_shapes(serialized: bytes) -> list[str]:
  """Lists the operations whose output size depends on the data.

  Args:
    serialized: the module.

  Returns:
    `name of the operation: shape`, in order. A TPU pads such outputs, which is
    slow.
  """
  return [
    f'{x.metadata.op_name or x.name}: {list(x.shape.dimensions)}'
    for x in _instructions(serialized)
    if any(x.shape.is_dynamic_dimension)
  ]


def count(serialized: bytes, opcode: str) -> int:
  """Counts the instructions of a kind, such as `all-reduce`, in a module."""
  return sum(x.opcode == opcode for x in _instructions(serialized))


def _instructions(serialized: bytes) -> Iterator[_Instruction]:
  module = hlo_pb2.HloModuleProto.FromString(serialized)
  for computation in module.computations:
    yield from computation.instructions


def _tuple_arguments(
  module: hlo_pb2.HloModuleProto, entry: _Computation
) -> None:
  """Replaces the arguments of a module by one tuple."""
  whole = _Instruction(
    name='arguments',
    opcode='parameter',
    id=1 + max(x.id for x in entry.instructions),
    shape=xla_data_pb2.ShapeProto(
      element_type=xla_data_pb2.TUPLE,
      tuple_shapes=entry.program_shape.parameters,
    ),
  )
  for x in entry.instructions:
    if x.opcode == 'parameter':
      x.opcode, x.tuple_index = 'get-tuple-element', x.parameter_number
      x.operand_ids.append(whole.id)
      x.ClearField('parameter_number')
      x.ClearField('parameter_replication')
  # An operand precedes its uses.
  rest = list(entry.instructions)
  del entry.instructions[:]
  entry.instructions.extend([whole, *rest])
  for shape in (entry.program_shape, module.host_program_shape):
    del shape.parameters[:]
    shape.parameters.append(whole.shape)
    shape.parameter_names[:] = [whole.name]
  for alias in module.input_output_alias.entries:
    alias.parameter_shape_index[:] = [alias.parameter_number]
    alias.parameter_number = 0


def _count_from_zero(computation: _Computation) -> None:
  numbers = {x.id: n for n, x in enumerate(computation.instructions)}
  for x in computation.instructions:
    x.id = numbers[x.id]
    x.operand_ids[:] = [numbers[n] for n in x.operand_ids]
    x.control_predecessor_ids[:] = [
      numbers[n] for n in x.control_predecessor_ids
    ]
  computation.root_id = numbers[computation.root_id]
