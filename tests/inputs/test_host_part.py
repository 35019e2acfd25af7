"""A host's part of the batches and of the records, and where it goes on."""

import logging

import pytest
import serialized
import tensorflow as tf

from copypaste_tf.inputs import (
  data_config,
  data_files,
  host_part,
  record_order,
)
from copypaste_tf.inputs.batch_layout import Stream


def test_a_single_host_has_the_whole_batch():
  assert host_part.from_context(8) == (1, 0, 1, 8, 0)
  assert host_part.from_context(8, start_step=5).batches_done == 5


def test_hosts_and_replicas_share_a_batch():
  part = host_part.from_context(64, tf.distribute.InputContext(4, 3, 8), 10)
  assert part == host_part.HostPart(
    hosts=4, host=3, replicas=2, batch_size=8, step=10
  )
  assert part.batches_done == 20
  with pytest.raises(ValueError, match='9'):
    host_part.from_context(9, tf.distribute.InputContext(4, 3, 8))


def test_no_two_batches_have_the_same_number():
  numbers = []
  for step in range(3):
    for host in range(4):
      part = host_part.from_context(
        64, tf.distribute.InputContext(4, host, 8), step
      )
      numbers += [part.next_batch, part.next_batch + part.hosts]
  assert sorted(numbers) == list(range(24))


def test_with_a_service_all_hosts_have_the_same_part():
  parts = {
    host_part.from_context(
      64, tf.distribute.InputContext(4, host, 8), 10
    ).of_all_hosts()
    for host in range(4)
  }
  assert parts == {host_part.HostPart(1, 0, 8, 8, 10)}


@pytest.fixture
def data(tmp_path):
  for file in range(2):
    examples = [f'{file}{i}'.encode() for i in range(5)]
    serialized.write(tmp_path / str(file), examples)
  return data_config.TrainData(
    input_path=f'{tmp_path}/*', shuffle_buffer_size=3
  )


def records(data, part):
  stream = Stream(data.input_path, 7, part.batch_size)
  return host_part.records(data, stream, part, part.batches_done)


def take(dataset, count):
  return [x.decode() for x in dataset.take(count).as_numpy_iterator()]


def test_records_of_earlier_steps_are_skipped(data):
  def read(step, count):
    part = host_part.from_context(4, tf.distribute.InputContext(2, 1, 2), step)
    return take(records(data, part), count)

  whole = read(0, 20)
  assert {record[0] for record in whole} == {'1'}
  for step in (1, 2, 3, 6):
    assert read(step, 4) == whole[2 * step : 2 * step + 4]


def test_a_service_starts_in_an_order_that_was_not_used(data):
  data.data_service = 'grpc://localhost:1'
  orders = []
  for step in (0, 1, 2):
    part = host_part.from_context(4, tf.distribute.InputContext(2, 1, 2), step)
    orders.append(take(records(data, part), 10))
    assert {record[0] for record in orders[-1]} == {'0', '1'}
  assert orders[0] != orders[1] != orders[2]


def test_files_that_every_host_reads_are_warned_about(data, caplog):
  def told(hosts):
    caplog.clear()
    part = host_part.from_context(
      60, tf.distribute.InputContext(hosts, 0, hosts)
    )
    with caplog.at_level(logging.WARNING, 'absl'):
      records(data, part)
    return caplog.text

  assert told(1) == told(2) == ''
  assert '2 record files can not be dealt out evenly to 5 hosts' in told(5)
  assert '--num_shards a multiple of 5' in told(5)


@pytest.mark.parametrize('hosts', [1, 2])
def test_repeated_records_of_earlier_steps_are_skipped(tmp_path, hosts):
  """Class 2 is in one record of ten, so each epoch has three copies of it."""
  rows = [[1]] * 9 + [[2]]
  path = serialized.write_classes(tmp_path / 'x', *rows)
  data = data_config.TrainData(input_path=path, shuffle_buffer_size=3)

  def read(step, count, threshold=1.0):
    context = tf.distribute.InputContext(hosts, hosts - 1, hosts)
    part = host_part.from_context(4 * hosts, context, step)
    stream = Stream(path, 7, part.batch_size, threshold)
    dataset = host_part.records(data, stream, part, part.batches_done)
    return [*dataset.take(count).as_numpy_iterator()]

  whole = read(0, 60)
  for step in (1, 2, 3, 7, 11):
    assert read(step, 8) == whole[4 * step : 4 * step + 8]
  assert read(0, 60, 0.0) != whole


def test_without_a_threshold_the_order_is_that_of_old_runs(data):
  part = host_part.from_context(4)
  stream = Stream(data.input_path, 7, 4, repeat_threshold=0.0)
  ours = take(host_part.records(data, stream, part, 0), 30)
  share = record_order.slices(data_files.expand(data.input_path))
  plain = record_order.shuffled_records(share, 7, shuffle_buffer_size=3)
  assert ours == take(plain, 30)
