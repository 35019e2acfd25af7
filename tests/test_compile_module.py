import ast
import os
import pathlib
import sys

import pytest
import tensorflow as tf

from copypaste_tf.tpu import compile_module, compiler

ROOT = pathlib.Path(__file__).parents[1]
# The Python of an environment with the compiler.
PYTHON = os.environ.get('COPYPASTE_TF_TPU_PYTHON', '')
needs_compiler = pytest.mark.skipif(
  not PYTHON, reason='COPYPASTE_TF_TPU_PYTHON names no Python'
)


def test_the_extra_is_what_the_script_asks_for():
  tree = ast.parse((ROOT / 'setup.py').read_text())
  extras = [
    ast.literal_eval(value)
    for node in ast.walk(tree)
    if isinstance(node, ast.Dict)
    for key, value in zip(node.keys, node.values, strict=True)
    if isinstance(key, ast.Constant) and key.value == 'tpu_check'
  ]
  assert extras == [list(compile_module.REQUIREMENTS)]


def test_the_script_needs_neither_tensorflow_nor_the_package():
  imported = {
    name.split('.')[0]
    for node in ast.walk(
      ast.parse(pathlib.Path(compile_module.__file__).read_text())
    )
    for name in (
      [node.module]
      if isinstance(node, ast.ImportFrom)
      else [x.name for x in getattr(node, 'names', [])]
      if isinstance(node, ast.Import)
      else []
    )
  }
  assert imported - set(sys.stdlib_module_names) == {'jax', 'numpy'}


def _module(function, *specs):
  compiled = tf.function(function, jit_compile=True)
  return compiled.experimental_get_compiler_ir(*specs)('hlo_serialized')


@needs_compiler
@pytest.mark.parametrize(
  ('topology', 'expected'),
  [
    ('v3:2x2', ('TPU v3', 8, 1)),
    ('v4:2x2x1', ('TPU v4', 8, 1)),
    ('v4:2x2x1/megacore', ('TPU v4', 4, 2)),
    ('v5e:2x2', ('TPU v5 lite', 4, 1)),
  ],
)
def test_topologies(topology, expected):
  found = compiler.describe(topology, PYTHON)
  assert (
    tuple(found[x] for x in ('kind', 'devices', 'cores_per_device')) == expected
  )


@needs_compiler
def test_a_topology_that_does_not_exist():
  with pytest.raises(ValueError, match="no topology 'v9:2x2'"):
    compiler.describe('v9:2x2', PYTHON)


@needs_compiler
def test_a_module_compiles():
  variable = tf.Variable(tf.zeros([256, 256]))

  def step(x):
    variable.assign_add(x @ x)

  module = _module(step, tf.TensorSpec([256, 256]))
  found = compiler.compile_for('v3:2x2', module, PYTHON)
  assert found['flops'] >= 2 * 256**3
  assert found['argument_bytes'] == 2 * 4 * 256**2
  assert found['alias_bytes'] == 4 * 256**2


@needs_compiler
def test_too_much_memory_is_an_error_that_tells_how_much():
  from copypaste_tf.tpu import figures

  module = _module(lambda x: x + 1, tf.TensorSpec([2**33]))
  found = compiler.compile_for('v3:2x2', module, PYTHON)
  assert figures.needed(found) >= 32 * 2**30
