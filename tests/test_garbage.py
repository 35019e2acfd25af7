"""The collector is as it was, also after an error; numbers are shared."""

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


def test_equal_numbers_are_one_object_until_there_are_many(monkeypatch):
  monkeypatch.setattr(garbage._Floats, '_MOST', 2)
  read = garbage.shared_floats()
  numbers = [read(text) for text in ('12.25', '1e3', '0.5', '12.25', '0.5')]
  assert numbers == [12.25, 1000.0, 0.5, 12.25, 0.5]
  assert numbers[0] is numbers[3] and numbers[2] is not numbers[4]
