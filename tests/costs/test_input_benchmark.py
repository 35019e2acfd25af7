"""The samples of the pipeline of a config."""

import numpy as np
import pytest
import serialized
import tensorflow as tf

from copypaste_tf import records
from copypaste_tf.costs import input_benchmark
from copypaste_tf.inputs import data_config, pipeline

SIZE = (32, 32)


@pytest.fixture(scope='module')
def path(tmp_path_factory):
  examples = [records.serialize(serialized.make_record(i)[0]) for i in range(6)]
  return serialized.write(tmp_path_factory.mktemp('records') / 'x', examples)


@pytest.fixture
def data(path):
  return data_config.TrainData(
    input_path=path,
    global_batch_size=2,
    source_size=(32, 48),
    max_instances=5,
    max_source_instances=6,
    num_planes=4,
    shuffle_buffer_size=3,
    copy_paste=data_config.CopyPaste(max_pasted=1),
  )


def test_configs_with_and_without_copy_paste_differ_in_nothing_else(data, path):
  data = data.replace(
    source_input_path=path, data_service='grpc://x:1', deterministic=False
  )
  on, off = input_benchmark.with_and_without(data)
  assert on.copy_paste.max_pasted == 1 and off.copy_paste is None
  assert (on.data_service, off.data_service) == ('',) * 2
  assert on.source_input_path == path and off.seed == on.seed
  on, _ = input_benchmark.with_and_without(data.replace(copy_paste=None))
  assert on.copy_paste == data_config.CopyPaste()


def test_single_elements_are_counted_and_batches_stay(data):
  stages = pipeline.train_stages(data, SIZE)
  for name, dataset in stages.items():
    found = input_benchmark.in_batches(dataset, 2)
    if name in ('read', 'decode'):
      np.testing.assert_array_equal(next(iter(found)), [1, 1])
    else:
      assert found is dataset


def test_bytes_are_those_of_a_real_batch(data):
  found = input_benchmark.bytes_per_image(data, SIZE)
  assert [*found] == ['host', 'device']
  for place, size in found.items():
    changed = data.replace(augment_on=place)
    batch = next(iter(pipeline.train_dataset(changed, SIZE)))
    tensors = [x for x in tf.nest.flatten(batch) if x is not None]
    total = sum(tensor.numpy().nbytes for tensor in tensors)
    assert size == total // 2
  assert found['host'] > 32 * 32 * 3 * 4  # More than the pixels.


def test_every_part_is_measured(data, capsys):
  costs = input_benchmark.measure_costs(
    data.as_dict(), SIZE, images=3, rounds=2
  )
  assert [*costs.samples] == [
    'decode_jpeg',
    *(f'stage/{name}' for name in pipeline.train_stages(data, SIZE)),
    *('off host', 'off device', 'op by op', 'on host', 'on device'),
  ]
  assert all(len(rows) == 2 for rows in costs.samples.values())
  assert costs.samples['op by op'][0].cpu > 0 and costs.peak_mib > 0
  assert 'round 2 of 2' in capsys.readouterr().out


def test_a_long_run_is_that_of_the_recipe(data, monkeypatch, capsys):
  taken = []

  def train_dataset(config, output_size):
    taken.append((config.shuffle_buffer_size, config.data_service, output_size))
    return tf.data.Dataset.range(100)

  monkeypatch.setattr(pipeline, 'train_dataset', train_dataset)
  data = data.replace(data_service='grpc://x:1')
  run = input_benchmark.measure_run(data.as_dict(), SIZE, batches=20)
  assert taken == [(3, '', SIZE)]
  assert [point.batches for point in run.points] == [*range(2, 21, 2)]
  assert 100 < run.base_mib < run.peak_mib + 1  # Within a page.
  assert 'batch 20 of 20: ' in capsys.readouterr().out


def test_a_record_that_does_not_decode_is_named(data, tmp_path):
  bad, _, _ = serialized.make_record(2, image_bytes=b'\xff\xd8\xff no jpeg')
  data.input_path = serialized.write(tmp_path / 'x', [records.serialize(bad)])
  with pytest.raises(ValueError, match='source_id 1002'):
    input_benchmark.measure_run(data.as_dict(), SIZE, batches=2)
