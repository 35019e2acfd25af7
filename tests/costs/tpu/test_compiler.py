import importlib.util
import json
import sys

import pytest
from tensorflow.compiler.xla.service import hlo_pb2

from copypaste_tf.costs.tpu import compile_module, compiler

FUSION = hlo_pb2.HloInstructionProto(id=1, opcode='fusion')
OPTIMIZED = hlo_pb2.HloProto(
  hlo_module=hlo_pb2.HloModuleProto(
    entry_computation_id=1,
    computations=[hlo_pb2.HloComputationProto(id=1, instructions=[FUSION])],
  )
).SerializeToString()
# What the script writes beside the module.
WRITE = (
  'import json, pathlib, sys\n'
  '_, library, topology, module = sys.argv\n'
  "path = pathlib.Path(module).with_suffix('.optimized')\n"
  f'path.write_bytes({OPTIMIZED!r})\n'
)
FOUND = {'devices': 8, 'kind': 'TPU v3', 'cores_per_device': 1}


@pytest.fixture
def script(tmp_path, monkeypatch):
  """Puts lines of Python in place of the script that calls the compiler."""

  def make(lines):
    (tmp_path / 'in_its_place.py').write_text(lines)
    monkeypatch.setenv('PYTHONPATH', str(tmp_path))
    monkeypatch.setattr(compile_module, '__name__', 'in_its_place')

  return make


def test_the_result_is_the_last_line_printed(script):
  script(f"print('a warning'); print('{json.dumps(FOUND)}')")
  assert compiler.describe('v3:2x2', '/libtpu.so') == FOUND


def test_the_module_comes_in_a_file(script):
  script(
    f'{WRITE}'
    "print(json.dumps({'devices': 8, 'got': [library, topology, "
    'open(module).read()]}))'
  )
  found = compiler.compile_for('v3:2x2', b'a module', '/libtpu.so')
  assert found['got'] == ['/libtpu.so', 'v3:2x2', 'a module']
  assert (found['runs'], found['loops']) == (1, [])


def test_progress_is_reported(script, monkeypatch):
  monkeypatch.setattr(compiler, '_PROGRESS_SECONDS', 0.05)
  seen = []
  script(f"{WRITE}import time; time.sleep(0.4); print('{json.dumps(FOUND)}')")
  compiler.compile_for('v3:2x2', b'', '/libtpu.so', progress=seen.append)
  assert len(seen) >= 2 and seen == sorted(seen)


@pytest.mark.parametrize(
  ('lines', 'message'),
  [
    ("import sys; sys.exit('oh\\nno')", 'status 1; the last line: no'),
    ('import os; os.kill(os.getpid(), 9)', 'status -9; out of memory'),
    ("""print('{"error": "no topology"}')""", 'no topology'),
  ],
)
def test_a_failure_is_reported_in_one_line(script, lines, message):
  script(lines)
  with pytest.raises(ValueError, match=message) as error:
    compiler.describe('v3:2x2', '/libtpu.so')
  assert '\n' not in str(error.value)


def test_a_missing_library_is_an_error():
  with pytest.raises(ValueError, match='/no/libtpu.so: cannot open'):
    compiler.describe('v3:2x2', '/no/libtpu.so')


@pytest.mark.skipif(
  importlib.util.find_spec('libtpu') is not None, reason='the compiler is here'
)
def test_the_compiler_is_an_extra():
  with pytest.raises(ValueError, match="install 'libtpu>=.*--libtpu") as error:
    compiler.describe('v3:2x2')
  assert sys.executable in str(error.value)
