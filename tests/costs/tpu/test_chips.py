import pytest

from copypaste_tf.costs.tpu import chips


def test_two_cores_do_twice_as_much():
  one, two = chips.chip('TPU v4', 1), chips.chip('TPU v4', 2)
  assert two.flops == 2 * one.flops
  assert two.bandwidth == 2 * one.bandwidth
  assert two.memory == pytest.approx(2 * one.memory, rel=0.02)


def test_memory_is_a_little_less_than_that_of_the_chip():
  gib = {'TPU v2': 8, 'TPU v3': 16, 'TPU v5 lite': 16, 'TPU v6 lite': 32}
  for kind, size in gib.items():
    assert 0.9 * size < chips.chip(kind, 1).memory / 2**30 < size


def test_an_unknown_chip_is_refused_with_those_that_are_known():
  with pytest.raises(ValueError, match="'TPU v9'.*TPU v3.*chips.py"):
    chips.chip('TPU v9', 1)
