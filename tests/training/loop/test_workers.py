"""The chief of several workers, and the messages between them.

`test_many_workers` starts real workers.
"""

import os
import tempfile
import types

import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.training.loop import workers


def strategy_of(chief):
  extended = types.SimpleNamespace(should_checkpoint=chief)
  return types.SimpleNamespace(extended=extended)


def test_a_single_process_is_the_chief_and_gets_its_own_value(strategy):
  assert workers.position(strategy) == (0, 1)
  assert workers.is_chief(strategy)
  assert workers.all_gather(strategy, {'a': [1]}) == [{'a': [1]}]
  assert workers.is_chief(tf.distribute.get_strategy())


def test_only_the_chief_writes_to_the_folder_of_the_run(tmp_path):
  with workers.output_folder(strategy_of(True), str(tmp_path)) as folder:
    assert folder == str(tmp_path)
  with workers.output_folder(strategy_of(False), str(tmp_path)) as folder:
    assert folder != str(tmp_path) and os.path.isdir(folder)
    # Model Garden makes a temporary folder for the checkpoints of the others.
    assert os.path.dirname(tempfile.mkdtemp()) == folder
  assert not os.path.exists(folder)
  assert tempfile.gettempdir() != folder


@pytest.mark.parametrize('sizes', [(0,), (1, 0, 3), (4, 5, 0, 1000)])
def test_concatenated_messages_of_any_length_are_decoded(sizes):
  rng = np.random.default_rng(0)
  messages = [rng.bytes(size) for size in sizes]
  words = [workers._words(message) for message in messages]
  assert all(x.dtype == np.int32 for x in words)
  assert workers._messages(np.concatenate(words)) == messages
