"""Lists the mutants of a module: copies of its source with one small fault."""

import ast
import copy
from collections.abc import Iterator
from typing import NamedTuple

_ARITHMETIC = {
  ast.Add: ast.Sub,
  ast.Sub: ast.Add,
  ast.Mult: ast.FloorDiv,
  ast.Div: ast.Mult,
  ast.FloorDiv: ast.Mult,
  ast.Mod: ast.FloorDiv,
  ast.Pow: ast.Mult,
  ast.LShift: ast.RShift,
  ast.RShift: ast.LShift,
  ast.BitAnd: ast.BitOr,
  ast.BitOr: ast.BitAnd,
  ast.BitXor: ast.BitAnd,
}
_COMPARISON = {
  ast.Lt: ast.LtE,
  ast.LtE: ast.Lt,
  ast.Gt: ast.GtE,
  ast.GtE: ast.Gt,
  ast.Eq: ast.NotEq,
  ast.NotEq: ast.Eq,
  ast.Is: ast.IsNot,
  ast.IsNot: ast.Is,
  ast.In: ast.NotIn,
  ast.NotIn: ast.In,
}
_BOOLEAN = {ast.And: ast.Or, ast.Or: ast.And}
# Functions that are easily confused.
_FUNCTION = {
  'round': 'floor',
  'rint': 'floor',
  'floor': 'ceil',
  'ceil': 'floor',
  'minimum': 'maximum',
  'maximum': 'minimum',
  'reduce_any': 'reduce_all',
  'reduce_all': 'reduce_any',
  'reduce_min': 'reduce_max',
  'reduce_max': 'reduce_min',
  'logical_and': 'logical_or',
  'logical_or': 'logical_and',
}
_BUILTIN = {'round': 'int', 'min': 'max', 'max': 'min', 'any': 'all'}
_BUILTIN['all'] = 'any'
_UNANNOTATED = ('annotation', 'returns', 'decorator_list')


class Mutant(NamedTuple):
  """One mutant of a module.

  Attributes:
    line: number of the changed line, from 1.
    before: the line as it is in the module; the first one of several.
    after: the line of the mutant.
    source: source of the whole mutant.
  """

  line: int
  before: str
  after: str
  source: str


def mutants(source: str) -> list[Mutant]:
  """Returns all mutants of a module, in the order of the source.

  Args:
    source: Python source of the module.
  """
  return [
    _mutant(source, node, replacement)
    for node in _expressions(ast.parse(source))
    for replacement in _replacements(node)
  ]


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
  """Yields every expression that is evaluated: no annotation, no decorator."""
  if isinstance(node, ast.expr):
    yield node
  if isinstance(node, ast.JoinedStr):
    return  # The parts of an f-string have no usable positions.
  for name, value in ast.iter_fields(node):
    if name in _UNANNOTATED:
      continue
    for child in value if isinstance(value, list) else [value]:
      if isinstance(child, ast.AST):
        yield from _expressions(child)


def _replacements(node: ast.expr) -> Iterator[ast.expr]:
  """Yields the faulty replacements of an expression."""
  if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
    yield _with(node, op=_ARITHMETIC[type(node.op)]())
    if isinstance(node.op, ast.FloorDiv):  # Rounds up.
      negative = ast.UnaryOp(ast.USub(), node.left)
      yield ast.UnaryOp(ast.USub(), _with(node, left=negative))
  elif isinstance(node, ast.Compare):
    for i, op in enumerate(node.ops):
      ops = [*node.ops]
      ops[i] = _COMPARISON[type(op)]()
      yield _with(node, ops=ops)
  elif isinstance(node, ast.BoolOp):
    yield _with(node, op=_BOOLEAN[type(node.op)]())
  elif isinstance(node, ast.UnaryOp):
    if isinstance(node.op, (ast.Not, ast.USub, ast.Invert)):
      yield node.operand
  elif isinstance(node, ast.IfExp):
    yield _with(node, body=node.orelse, orelse=node.body)
  elif isinstance(node, ast.Constant):
    yield from _constants(node)
  elif isinstance(node, ast.Call):
    yield from _calls(node)


def _constants(node: ast.Constant) -> Iterator[ast.expr]:
  if isinstance(node.value, bool):
    yield ast.Constant(not node.value)
  elif isinstance(node.value, (int, float)):
    yield ast.Constant(node.value + 1)


def _calls(node: ast.Call) -> Iterator[ast.expr]:
  function = node.func
  if isinstance(function, ast.Attribute) and function.attr in _FUNCTION:
    yield _with(node, func=_with(function, attr=_FUNCTION[function.attr]))
  elif isinstance(function, ast.Name) and function.id in _BUILTIN:
    yield _with(node, func=ast.Name(_BUILTIN[function.id]))


def _with(node: ast.expr, **fields) -> ast.expr:
  changed = copy.copy(node)
  for name, value in fields.items():
    setattr(changed, name, value)
  return changed


def _mutant(source: str, node: ast.expr, replacement: ast.expr) -> Mutant:
  """Replaces the text of an expression; all other text stays as it is."""
  new = ast.unparse(ast.fix_missing_locations(replacement))
  lines = source.encode().splitlines(keepends=True)  # Columns count bytes.
  start = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
  end = sum(map(len, lines[: node.end_lineno - 1])) + node.end_col_offset
  text = source.encode()
  mutant = (text[:start] + f'({new})'.encode() + text[end:]).decode()
  before, after = (
    code.splitlines()[node.lineno - 1].strip() for code in (source, mutant)
  )
  return Mutant(node.lineno, before, after, mutant)
