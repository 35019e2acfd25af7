"""The verb, with fake measurements; `test_docs.py` runs real ones."""

import json
import os

import pytest
from absl import flags

from copypaste_tf import benchmark_input as door
from copypaste_tf.costs import input_benchmark
from copypaste_tf.costs.measure import Point, Sample
from copypaste_tf.inputs import data_config
from copypaste_tf.training.config import gin_config
from copypaste_tf.verbs import benchmark_input


@pytest.fixture
def calls(monkeypatch):
  """Replaces the processes; returns the calls that they would make."""
  started = []

  def in_process(cores, function, config, output_size, **kwargs):
    started.append((cores, function.__name__, config, kwargs))
    if function is input_benchmark.measure_run:
      return input_benchmark.Run([Point(9, 5.0, 2.0)], 1.0, 3.0)
    names = ['decode_jpeg', 'stage/read', 'op by op']
    names += ['on host', 'off host', 'on device', 'off device']
    samples = {name: [Sample(0.25, 0.5)] for name in names}
    return input_benchmark.Costs(samples, 4.0)

  monkeypatch.setattr(benchmark_input, '_in_process', in_process)
  monkeypatch.setattr(
    input_benchmark, 'bytes_per_image', lambda *_: {'host': 1000}
  )
  return started


def measure(**changes):
  data = data_config.TrainData(shuffle_buffer_size=1000, global_batch_size=4)
  knobs = {'cores': [1, 2], 'images': 8, 'rounds': 3, 'batches': 70}
  return benchmark_input.measure(data.replace(**changes), (64, 96), **knobs)


def test_each_number_of_cores_is_measured_then_a_long_run(calls, capsys):
  summary = measure()
  assert [(cores, name) for cores, name, *_ in calls] == [
    (1, 'measure_costs'),
    (2, 'measure_costs'),
    (2, 'measure_run'),
  ]
  assert calls[0][3] == {'images': 8, 'rounds': 3}
  assert calls[2][3] == {'batches': 70}
  buffers = [config['shuffle_buffer_size'] for _, _, config, _ in calls]
  assert buffers == [64, 64, 1000]
  assert 'shuffle buffer of 64' in capsys.readouterr().out
  assert [*summary['cores']] == ['1', '2']
  assert (
    summary['run']['peak_mib'] == 3
    and summary['bytes_per_image']['host'] == 1000
  )


def test_a_data_service_is_left_out_with_a_note(calls, capsys):
  measure(data_service='grpc://x:1')
  assert 'note: measured on this machine' in capsys.readouterr().out


def test_the_cores_to_measure_are_parsed(capsys, monkeypatch):
  monkeypatch.setattr(os, 'sched_getaffinity', lambda _: {0, 1, 2})
  assert benchmark_input.cores_of(['2', '1', '2']) == [1, 2]
  assert capsys.readouterr().out == ''
  assert benchmark_input.cores_of(['2', '4']) == [2]
  assert (
    'note: 4 cores are not measured, this machine has 3'
    in capsys.readouterr().out
  )
  assert benchmark_input.cores_of(['8']) == [3]
  for bad in ([], ['0'], ['x'], ['1.5']):
    with pytest.raises(ValueError, match='--cores must be like 1,2, got'):
      benchmark_input.cores_of(bad)


def test_a_measuring_process_has_fewer_cores_than_its_parent():
  before = os.sched_getaffinity(0)
  inside = benchmark_input._in_process(1, os.sched_getaffinity, 0)
  assert inside == {min(before)}
  assert os.sched_getaffinity(0) == before
  with pytest.raises(ZeroDivisionError):
    benchmark_input._in_process(1, divmod, 1, 0)
  assert os.sched_getaffinity(0) == before


def options(*arguments):
  values = flags.FlagValues()
  door.define(values)
  values(['benchmark_input', *arguments])
  return values


def test_a_table_is_printed_and_json_written(
  calls, shapes_params, tmp_path, capsys
):
  path = tmp_path / 'new' / 'input.json'
  benchmark_input.benchmark(
    gin_config.load(['smoke'], shapes_params),
    options('--cores=1', '--consume=100', '--batches=0', f'--json={path}'),
  )
  printed = capsys.readouterr().out
  assert '100 images/s keep host cores busy: 25.0 (on host)' in printed
  summary = json.loads(path.read_text())
  assert summary['needs']['cores']['off device'] == 25 and 'run' not in summary
  assert summary['output_size'] == [128, 128] and summary['batch_size'] == 4
  assert summary['versions']['packages']['tensorflow']


def test_an_invalid_config_is_refused(calls):
  resolved = gin_config.load(['smoke'], ['TRAIN_RECORDS = "no/x"'])
  with pytest.raises(ValueError, match='task.train_data.input_path: no file'):
    benchmark_input.benchmark(resolved, options())
  assert not calls


def test_every_flag_is_documented():
  for flag in options().flags_by_module_dict().values():
    assert all(len(item.help) > 20 for item in flag)
