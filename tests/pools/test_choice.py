"""The flags of a verb choose the pool, or are refused with a reason."""

import importlib.util
import os

import pytest

from copypaste_tf.pools import choice
from copypaste_tf.pools.local_pool import LocalPool


def test_the_pool_of_this_machine_has_a_process_for_each_core():
  assert choice.choose(None, None) == LocalPool(len(os.sched_getaffinity(0)))
  assert choice.choose(3, None) == LocalPool(3)


def test_the_number_of_processes_is_not_beams():
  with pytest.raises(ValueError, match='--num_workers=2 .*--direct_num_work'):
    choice.choose(2, '--runner=DirectRunner')


def test_without_beam_the_extra_is_named(monkeypatch):
  monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
  with pytest.raises(ValueError, match=r"pip install 'copypaste_tf\[beam\]'"):
    choice.choose(None, '--runner=DirectRunner')
