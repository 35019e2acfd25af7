import ast
import json
import pathlib
import subprocess
import sys

import pytest
import tensorflow as tf
from google.protobuf import wrappers_pb2

from copypaste_tf.costs import lowering
from copypaste_tf.costs.tpu import compile_module, compiler, figures

ROOT = pathlib.Path(__file__).parents[3]


def test_the_extra_is_what_the_error_asks_for():
  tree = ast.parse((ROOT / 'setup.py').read_text())
  extras = [
    ast.literal_eval(value)
    for node in ast.walk(tree)
    if isinstance(node, ast.Dict)
    for key, value in zip(node.keys, node.values, strict=True)
    if isinstance(key, ast.Constant) and key.value == 'tpu_check'
  ]
  assert extras == [[compiler.REQUIREMENT]]


def test_the_process_is_without_tensorflow():
  code = (
    'import sys; from copypaste_tf.costs.tpu import compile_module; '
    "print('tensorflow' in sys.modules, 'numpy' in sys.modules)"
  )
  done = subprocess.run(
    [sys.executable, '-c', code], capture_output=True, text=True, check=True
  )
  assert done.stdout.split() == ['False', 'False']


@pytest.mark.parametrize('number', [0, 1, 127, 128, 300, 2**21])
def test_varints_match_protocol_buffers(number):
  message = wrappers_pb2.UInt64Value(value=number).SerializeToString()
  # After the tag; a zero is not stored there.
  assert compile_module._varint(number) == message[1:] or b'\0'


def test_a_missing_library_is_an_error(capsys, monkeypatch):
  monkeypatch.setattr(sys, 'argv', ['compile_module', '/no/lib.so', 'v3:2x2'])
  compile_module.main()
  assert '/no/lib.so' in json.loads(capsys.readouterr().out)['error']


@pytest.mark.parametrize(
  ('topology', 'expected'),
  [
    ('v3:2x2', ('TPU v3', 8, 1)),
    ('v4:2x2x1', ('TPU v4', 8, 1)),
    ('v4:2x2x1/megacore', ('TPU v4', 4, 2)),
    ('v5e:2x2', ('TPU v5 lite', 4, 1)),
  ],
)
def test_topologies_are_described(libtpu, topology, expected):
  found = compiler.describe(topology, libtpu)
  assert (
    tuple(found[x] for x in ('kind', 'devices', 'cores_per_device')) == expected
  )


def test_an_unknown_topology_is_an_error(libtpu):
  with pytest.raises(ValueError, match="no topology 'v9:2x2'"):
    compiler.describe('v9:2x2', libtpu)


def _compiled(libtpu, function, *specs):
  step = lowering.Step(tf.function(function, jit_compile=True), list(specs))
  return compiler.compile_for('v3:2x2', lowering.module(step), libtpu)


def test_a_module_compiles(libtpu):
  variable = tf.Variable(tf.zeros([256, 256]))

  def step(x):
    variable.assign_add(x @ x)

  found = _compiled(libtpu, step, tf.TensorSpec([256, 256]))
  assert found['flops'] >= 2 * 256**3
  # The table of the tuple is added.
  assert 0 <= found['argument_bytes'] - 2 * 4 * 256**2 < 4096
  assert found['alias_bytes'] == 4 * 256**2


@pytest.mark.thorough
def test_more_arguments_than_a_tpu_takes_one_by_one(libtpu):
  variables = [tf.Variable(tf.zeros([])) for _ in range(3500)]

  def step(x):
    for variable in variables:
      variable.assign_add(x)

  found = _compiled(libtpu, step, tf.TensorSpec([]))
  assert found['argument_bytes'] > 4 * 3500


def test_bounds_of_loops_compile(libtpu):
  def step(x):
    order = tf.argsort(x[:, 0])
    return tf.while_loop(
      lambda i, _: i < 3,
      lambda i, y: (i + 1, y + tf.slice(x, [order[i] // 2, 0], [1, 4])),
      (0, tf.zeros([1, 4])),
    )[1]

  assert 'error' not in _compiled(libtpu, step, tf.TensorSpec([8, 4]))


def test_rounds_of_loops_are_counted(libtpu):
  def step(x, number):
    return [
      tf.while_loop(
        lambda i, _, end=end: i < end,
        lambda i, y: (i + 1, tf.linalg.matmul(y, y)),
        (0, x),
      )[1]
      for end in (50, number)
    ]

  specs = tf.TensorSpec([8, 8]), tf.TensorSpec([], tf.int32)
  found = _compiled(libtpu, step, *specs)
  assert {x['rounds'] for x in found['loops']} == {50, None}
  assert found['runs'] > 50


def test_the_error_of_too_much_memory_states_the_needed_memory(libtpu):
  found = _compiled(libtpu, lambda x: x + 1, tf.TensorSpec([2**33]))
  assert figures.needed(found) >= 32 * 2**30
