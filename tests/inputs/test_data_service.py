"""A tf.data service of a dispatcher and two workers, each its own process."""

import contextlib
import itertools
import re
import socket
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
import serialized
import tensorflow as tf

from copypaste_tf import records
from copypaste_tf.inputs import (
  data_config,
  data_service,
  pipeline,
  record_order,
)


def test_job_names_differ_with_the_settings_that_change_the_data():
  name = data_service.job_name('mine', {'a': 1}, (2, 3))
  assert name == data_service.job_name('mine', {'a': 1}, (2, 3))
  assert re.fullmatch('mine-[0-9a-f]{16}', name)
  others = ('mine', {'a': 1}, (2, 4)), ('mine', {'a': 2}, (2, 3))
  assert name not in {data_service.job_name(*other) for other in others}


def _free_port():
  with contextlib.closing(socket.socket()) as held:
    held.bind(('localhost', 0))
    return held.getsockname()[1]


@pytest.fixture(scope='module')
def service():
  """The address of the dispatcher, with both workers ready."""
  port = _free_port()
  address = f'grpc://localhost:{port}'
  roles = [[f'--port={port}'], *[[f'--dispatcher={address}']] * 2]
  started = [
    subprocess.Popen(
      [sys.executable, '-m', 'copypaste_tf.data_service', *role],
      stdout=subprocess.PIPE,
      text=True,
    )
    for role in roles
  ]
  try:
    told = [process.stdout.readline().strip() for process in started]
    assert told == [f'dispatcher at {address}', *[f'worker of {address}'] * 2]
    yield address
  finally:
    for process in started:
      process.kill()
      process.communicate()


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  """Six files of two records, and one record ten times over."""
  path = tmp_path_factory.mktemp('records')
  examples = [
    records.serialize(serialized.make_record(seed)[0]) for seed in range(12)
  ]
  for file in range(6):
    serialized.write(path / f'all-{file}', examples[2 * file : 2 * file + 2])
  serialized.write(path / 'same-0', examples[:1] * 10)
  serialized.write(path / 'same-1', examples[:1] * 10)
  return path


@pytest.mark.slow
def test_workers_divide_the_files_of_an_epoch(service, folder):
  files = [f'{folder}/all-{file}' for file in range(6)]

  def counts(distribute):
    dataset = record_order.splittable_records(
      files, 0, shuffle_buffer_size=3, cycle_length=2, epochs=3
    ).apply(distribute)
    return sorted(Counter(dataset.as_numpy_iterator()).values())

  assert (
    counts(lambda d: data_service.distribute(d, service, 'three')) == [3] * 12
  )
  everything = tf.data.experimental.service.distribute(
    tf.data.experimental.service.ShardingPolicy.OFF, service
  )
  assert counts(everything) == [6] * 12, 'two workers are there'


def _data(service, pattern, **values):
  return data_config.TrainData(
    input_path=pattern,
    global_batch_size=2,
    source_size=(32, 48),
    max_source_instances=6,
    shuffle_buffer_size=2,
    cycle_length=1,
    deterministic=False,
    data_service=service,
    **values,
  )


@pytest.mark.slow
def test_a_recipe_reads_every_record_from_the_service(service, folder):
  data = _data(service, f'{folder}/all-*', copy_paste=data_config.CopyPaste())
  batches = list(pipeline.train_dataset(data, (32, 32)).take(48))
  assert batches[0].image.shape == (2, 32, 32, 3)
  counts = Counter(int(i) for b in batches for i in b.source_id[:, 0])
  assert sorted(counts) == [*range(1000, 1012)]
  # 96 images are 8 epochs; the workers hold some files that are begun.
  assert min(counts.values()) >= 5 and max(counts.values()) <= 11


@pytest.mark.slow
def test_no_two_batches_of_workers_and_hosts_have_the_same_draws(
  service, folder
):
  data = _data(service, f'{folder}/same-*').replace(global_batch_size=4)
  hosts = [
    iter(
      pipeline.train_dataset(
        data, (32, 32), tf.distribute.InputContext(2, host, 2)
      )
    )
    for host in range(2)
  ]
  images = [next(host).image.numpy() for _ in range(8) for host in hosts]
  assert images[0].shape[0] == 2
  for one, other in itertools.combinations(images, 2):
    assert not np.array_equal(one, other)


@pytest.mark.thorough
@pytest.mark.slow
def test_several_sets_share_the_batches_of_the_service(service, folder):
  one, two = f'{folder}/all-[0-2]', f'{folder}/all-[3-5]'
  data = _data(service, '', copy_paste=data_config.CopyPaste()).replace(
    sets=[
      data_config.RecordSet(path=path, share=0.5).as_dict()
      for path in (one, two)
    ]
  )
  batches = list(pipeline.train_dataset(data, (32, 32)).take(24))
  first, second = set(range(1000, 1006)), set(range(1006, 1012))
  targets = [set(b.source_id[:, 0].numpy().tolist()) for b in batches]
  for ids in targets:
    assert len(ids & first) == len(ids & second) == 1, 'half a batch each'
  assert set().union(*targets) == first | second
