"""The garbage collector is as it was, also after an error."""

import gc

import pytest

from copypaste_tf import garbage


@pytest.fixture(autouse=True)
def enabled():
  yield
  gc.enable()


@pytest.mark.parametrize('switch', [gc.enable, gc.disable])
def test_a_pause_ends_with_its_body(switch):
  switch()
  before = gc.isenabled()
  with pytest.raises(KeyError), garbage.paused():
    assert not gc.isenabled()
    raise KeyError
  assert gc.isenabled() == before
