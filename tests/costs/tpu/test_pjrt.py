import ctypes.util
import pathlib
import re

import pytest
import tensorflow as tf

from copypaste_tf.costs.tpu import pjrt

HEADER = pathlib.Path(tf.sysconfig.get_include()) / 'xla/pjrt/c/pjrt_c_api.h'
STRUCTS = [
  pjrt._NamedValue,
  pjrt._Program,
  pjrt._ErrorMessage,
  pjrt._Initialize,
  pjrt._Create,
  pjrt._Devices,
  pjrt._Kind,
  pjrt._Attributes,
  pjrt._Compile,
  pjrt._Memory,
]


@pytest.fixture(scope='module')
def header():
  return re.sub(r'//.*', '', HEADER.read_text())


def _offsets(body):
  """Returns the offsets of the fields of a struct of the header."""
  offsets, end = [], 0
  for field in body.split(';')[:-1]:
    size = 4 if 'PJRT_NamedValue_Type' in field else 8
    offsets.append(-(-end // size) * size)
    end = offsets[-1] + size
  return offsets


@pytest.mark.parametrize('struct', STRUCTS, ids=lambda x: x.__name__)
def test_structs_match_the_header(struct, header):
  (body,) = re.findall(
    rf'struct {struct.__name__} \{{(.*?)\n\}};', header, re.DOTALL
  )
  body = re.sub(r'union \{.*?\};', 'union value;', body, flags=re.DOTALL)
  ours = [getattr(struct, name).offset for name, _ in struct._fields_]
  assert ours == _offsets(body)


def test_function_positions_match_the_header(header):
  (body,) = re.findall(
    r'typedef struct PJRT_Api \{(.*?)\} PJRT_Api;', header, re.DOTALL
  )
  order = re.findall(r'_FIELD\(PJRT_(\w+)\)', body)
  assert {
    name: order.index(name) for name in pjrt._FUNCTIONS
  } == pjrt._FUNCTIONS
  # The version, as a struct within.
  assert pjrt._Api.functions.offset == 2 * 8 + 3 * 8


def test_a_library_without_a_compiler_is_refused():
  with pytest.raises(OSError, match='no_such_library'):
    pjrt.Compiler('/no_such_library.so')
  with pytest.raises(ValueError, match='expected a compiler such as libtpu.so'):
    pjrt.Compiler(ctypes.util.find_library('c') or 'libc.so.6')
