import numpy as np

from copypaste_tf.training.run import memory


def test_memory_grows_with_what_is_held():
  before = memory.rss_mib()
  held = np.ones(64 * 2**20, np.uint8)
  grown = memory.rss_mib()
  assert 60 < grown - before < 70
  del held
  assert memory.peak_mib() >= grown - 1
