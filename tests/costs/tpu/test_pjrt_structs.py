import pathlib
import re

import pytest
import tensorflow as tf

from copypaste_tf.costs.tpu import pjrt_structs

HEADER = pathlib.Path(tf.sysconfig.get_include()) / 'xla/pjrt/c/pjrt_c_api.h'
STRUCTS = [
  pjrt_structs.NamedValue,
  pjrt_structs.Program,
  pjrt_structs.ErrorMessage,
  pjrt_structs.Initialize,
  pjrt_structs.Create,
  pjrt_structs.Devices,
  pjrt_structs.Kind,
  pjrt_structs.Attributes,
  pjrt_structs.Compile,
  pjrt_structs.Optimized,
  pjrt_structs.Memory,
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
    name: order.index(name) for name in pjrt_structs.FUNCTIONS
  } == pjrt_structs.FUNCTIONS
  # The version, as a struct within.
  assert pjrt_structs.Api.functions.offset == 2 * 8 + 3 * 8
