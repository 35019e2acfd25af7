"""Memory of the process grows with its arrays."""

import numpy as np

from copypaste_tf.training.run import memory


def test_memory_grows_by_the_size_of_an_array():
  before = memory.rss_mib()
  held = np.ones(64 * 2**20, np.uint8)
  grown = memory.rss_mib()
  assert 60 < grown - before < 70
  del held
  assert memory.peak_mib() >= grown - 1
