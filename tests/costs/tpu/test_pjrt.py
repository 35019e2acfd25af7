import ctypes.util

import pytest

from copypaste_tf.costs.tpu import pjrt


def test_a_library_without_a_compiler_is_refused():
  with pytest.raises(OSError, match='no_such_library'):
    pjrt.Compiler('/no_such_library.so')
  with pytest.raises(ValueError, match='expected a compiler such as libtpu.so'):
    pjrt.Compiler(ctypes.util.find_library('c') or 'libc.so.6')
