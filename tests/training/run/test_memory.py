"""Memory of the process grows with its arrays."""

import numpy as np

from copypaste_tf import new_process
from copypaste_tf.training.run import memory


def test_memory_grows_by_the_size_of_an_array():
  before = memory.rss_mib()
  held = np.ones(64 * 2**20, np.uint8)
  grown = memory.rss_mib()
  assert 60 < grown - before < 70
  del held
  assert memory.peak_mib() >= grown - 1


def test_the_peak_of_a_process_is_its_own():
  held = np.ones(2**30, np.uint8)
  alone = new_process.call('asks for its memory', memory.peak_mib)
  assert memory.peak_mib() > 1024 + alone / 2
  assert alone < 1024
  del held
