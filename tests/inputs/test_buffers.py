"""The memory and the cores limit the batches that are made ahead."""

import os

import pytest
import tensorflow as tf

from copypaste_tf.inputs import buffers, data_config
from copypaste_tf.inputs.buffers import Ahead

MEBIBYTE = tf.TensorSpec([1024, 256], tf.float32)


@pytest.mark.parametrize(
  ('calls', 'mib', 'batches'), [(8, 5, 5), (8, 100, 8), (8, 0, 2), (1, 9, 2)]
)
def test_at_least_two_batches_are_made_and_no_more_than_fit(
  calls, mib, batches
):
  assert Ahead(calls, mib).batches(MEBIBYTE) == batches


def test_all_forms_of_a_batch_count():
  assert Ahead(99, 12).batches(MEBIBYTE, (MEBIBYTE, MEBIBYTE)) == 4


def test_absent_parts_have_no_bytes():
  dataset = tf.data.Dataset.from_tensors(
    {'a': tf.zeros([2, 3], tf.uint8), 'b': None, 'c': tf.zeros([], tf.int64)}
  )
  assert buffers.num_bytes(dataset.element_spec) == 14


def test_the_cores_of_the_process_count():
  before = os.sched_getaffinity(0)
  os.sched_setaffinity(0, {min(before)})
  try:
    assert buffers.cores() == 1
    assert buffers.ahead(data_config.TrainData(prefetch_mib=7)) == (1, 7)
  finally:
    os.sched_setaffinity(0, before)


def test_hosts_ask_for_the_same_work_of_a_service(monkeypatch):
  monkeypatch.setattr(buffers, 'cores', lambda: 1)
  data = data_config.TrainData(data_service='grpc://x:1')
  assert buffers.ahead(data).calls == 16
