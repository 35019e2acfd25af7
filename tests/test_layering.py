"""Checks the order of the rooms and rules of style."""

import ast
import pathlib

import module_tests
import pytest

ROOT = pathlib.Path(__file__).parents[1]
PACKAGES = ('copypaste_tf', 'tfrecord_tools', 'configs', 'experiments')
FILES = sorted(
  path for package in PACKAGES for path in (ROOT / package).rglob('*.py')
)
# A room may import the rooms that its row names.
LAYERS = {
  'instance_ids': set(),
  'examples': {'instance_ids'},
  'printable': set(),
  'garbage': set(),
  'whole_files': set(),
  'console': set(),
  'file_lock': {'console', 'whole_files'},
  'pools': {'whole_files'},
  'augment': {'examples'},
  'records': {'examples', 'whole_files'},
  'drawing': {'examples'},
  'inputs': {'examples', 'augment', 'records'},
  'modeling': {'examples', 'augment'},
  'evaluation': {'examples', 'garbage', 'printable', 'records', 'drawing'},
  'config': set(),
  'tasks': {
    'examples',
    'augment',
    'records',
    'inputs',
    'modeling',
    'evaluation',
    'config',
  },
}
LAYERS['training'] = LAYERS['tasks'] | {
  'tasks',
  'whole_files',
  'file_lock',
  'console',
  'drawing',
  'printable',
}
LAYERS['serving'] = LAYERS['training'] | {'training'}
LAYERS['reporting'] = LAYERS['training'] | {'training'}
LAYERS['products'] = LAYERS['training'] | {'training', 'serving', 'reporting'}
LAYERS['costs'] = LAYERS['training'] | {'training'}
LAYERS['augmented'] = LAYERS['training'] | {'training'}
LAYERS['labelling'] = LAYERS['serving'] | {'serving', 'reporting', 'pools'}
GIN = {'config', 'tasks', 'training'}
# Folders within a room: each may import those to its left. The order does not
# include the modules beside the folders, which connect them.
FOLDERS = {
  'augment': ('draws', 'labels', 'pixels', 'engines'),
  'modeling': (
    'layers',
    'backbones',
    'pyramids',
    'rpn',
    'regions',
    'checkpoints',
  ),
  'training': ('config', 'checkpoints', 'checks', 'loop', 'run'),
}
LONGEST_FUNCTION = 60
LONGEST_MODULE = 250


def _imports(path):
  for node in ast.walk(ast.parse(path.read_text())):
    if isinstance(node, ast.ImportFrom) and node.module:
      yield node.module
      yield from (f'{node.module}.{alias.name}' for alias in node.names)
    elif isinstance(node, ast.Import):
      yield from (alias.name for alias in node.names)


def _layer(path):
  """Returns the layer of a module of copypaste_tf, `verb` for the rest."""
  name = path.relative_to(ROOT / 'copypaste_tf').parts[0].removesuffix('.py')
  return name if name in LAYERS else 'verb'


def _package_files():
  return [f for f in FILES if f.is_relative_to(ROOT / 'copypaste_tf')]


@pytest.mark.parametrize('path', _package_files(), ids=lambda p: p.name)
def test_a_room_imports_only_the_rooms_of_its_row(path):
  layer = _layer(path)
  for name in _imports(path):
    parts = name.split('.')
    assert parts[0] not in ('tfrecord_tools', 'experiments'), name
    if parts[0] == 'copypaste_tf' and layer != 'verb' and len(parts) > 1:
      imported = parts[1]
      allowed = LAYERS[layer] | {layer, '__version__'}
      assert imported in allowed, f'{layer} imports {name}'
    if layer in LAYERS and (parts[0], parts[-1]) == ('absl', 'flags'):
      raise AssertionError(f'only verbs know flags, {path} imports {name}')
    if layer in LAYERS and parts[0] == 'gin':
      assert layer in GIN, f'{path} imports gin'


@pytest.mark.parametrize('room', FOLDERS)
def test_folders_of_a_room_import_those_before_them(room):
  order = FOLDERS[room]
  folders = {
    p.parent.name for p in (ROOT / 'copypaste_tf' / room).glob('*/*.py')
  }
  assert folders == set(order), 'a new folder needs a place in FOLDERS'
  for folder in order:
    for path in (ROOT / 'copypaste_tf' / room / folder).rglob('*.py'):
      for name in _imports(path):
        parts = name.split('.')
        if parts[:2] == ['copypaste_tf', room] and parts[2:3] != [folder]:
          later = order[order.index(folder) + 1 :]
          assert not {*parts[2:3]} & {*later}, f'{path} imports {name}'


def test_augment_imports_tensorflow_only():
  allowed = {'tensorflow', 'copypaste_tf', 'collections', 'dataclasses'}
  allowed |= {'fractions', 'functools', 'math', 'typing'}
  for path in (ROOT / 'copypaste_tf/augment').rglob('*.py'):
    for name in _imports(path):
      assert name.split('.')[0] in allowed, f'{path} imports {name}'


@pytest.mark.parametrize('path', FILES, ids=lambda p: p.name)
def test_no_asserts_broad_excepts_or_long_functions(path):
  tree = ast.parse(path.read_text())
  for node in ast.walk(tree):
    assert not isinstance(node, ast.Assert), f'{path}: a bare assert'
    if isinstance(node, ast.ExceptHandler):
      broad = node.type is None or (
        isinstance(node.type, ast.Name)
        and node.type.id in ('Exception', 'BaseException')
      )
      assert not broad, f'{path}:{node.lineno}: a broad except'
    if isinstance(node, ast.FunctionDef):
      lines = _body(node)
      assert lines <= LONGEST_FUNCTION, f'{path}: {node.name}: {lines} lines'
  assert 'TODO' not in path.read_text(), path
  lines = path.read_text().count('\n')
  assert lines <= LONGEST_MODULE, f'{path}: {lines} lines'


def _body(function):
  """Returns the number of lines below the signature and the docstring."""
  body = function.body
  if ast.get_docstring(function) is not None:
    body = body[1:]
  return function.end_lineno - body[0].lineno + 1 if body else 0


def test_only_stateless_random_ops():
  for path in FILES:
    text = path.read_text()
    for call in ('tf.random.uniform(', 'tf.random.normal(', 'random.shuffle('):
      assert f' {call}' not in text, f'{path} uses {call}'


def test_every_module_has_a_test_of_its_name():
  missing = [
    module_tests.test_file(path).relative_to(ROOT).as_posix()
    for path in FILES
    if path.stem != '__init__' and not module_tests.test_file(path).exists()
  ]
  assert not missing, missing
