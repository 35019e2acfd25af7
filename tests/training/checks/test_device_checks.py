"""Missing devices are errors; settings without effect are decisions."""

import json

import pytest
import tensorflow as tf

from copypaste_tf.training.checks import device_checks
from copypaste_tf.training.config import gin_config

HOSTS = 'a:2222,b:2222'


def params_of(**runtime):
  runtime = {'num_gpus': 0, 'mixed_precision_dtype': 'float32'} | runtime
  return gin_config.load().params.replace(runtime=runtime)


@pytest.fixture
def gpus(monkeypatch):
  """Returns a function that makes TensorFlow see a number of GPUs."""

  def set_gpus(count, capability=(9, 0)):
    monkeypatch.setattr(
      tf.config, 'list_physical_devices', lambda kind: ['GPU'] * count
    )
    monkeypatch.setattr(
      tf.config.experimental,
      'get_device_details',
      lambda gpu: {'compute_capability': capability, 'device_name': 'Some GPU'},
    )

  set_gpus(0)
  return set_gpus


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch):
  monkeypatch.delenv('TF_CONFIG', raising=False)


def problems(**runtime):
  listed = device_checks.problems(params_of(**runtime).runtime)
  return [f'{p.path}: {p.message}' for p in listed]


@pytest.mark.parametrize(
  ('runtime', 'visible', 'expected'),
  [
    ({'num_gpus': 2}, 1, ('at most the 1 GPUs', 'got 2', '-1')),
    (
      {'num_gpus': 2, 'distribution_strategy': 'one_device'},
      2,
      ('at most 1', 'one_device', '--strategy=mirrored'),
    ),
    ({'distribution_strategy': 'tpu'}, 0, ('--tpu=local', 'grpc://')),
    (
      {
        'distribution_strategy': 'tpu',
        'tpu': 'local',
        'mixed_precision_dtype': 'float16',
      },
      0,
      ('bfloat16 or float32', 'float16'),
    ),
    (
      {
        'distribution_strategy': 'multi_worker_mirrored',
        'worker_hosts': HOSTS,
        'task_index': 0,
        'num_gpus': 1,
      },
      2,
      ('all visible GPUs, 2', 'CUDA_VISIBLE_DEVICES'),
    ),
    (
      {'distribution_strategy': 'multi_worker_mirrored'},
      0,
      ('--worker_hosts', 'TF_CONFIG', 'neither is set'),
    ),
    (
      {
        'distribution_strategy': 'multi_worker_mirrored',
        'worker_hosts': HOSTS,
        'task_index': 2,
      },
      0,
      ('runtime.task_index', 'in [0, 1], got 2'),
    ),
  ],
)
def test_missing_devices_are_errors_with_advice(
  gpus, runtime, visible, expected
):
  gpus(visible)
  (problem,) = problems(**runtime)
  for text in expected:
    assert text in problem


def test_bfloat16_needs_a_gpu_that_supports_it(gpus):
  runtime = {'num_gpus': 1, 'mixed_precision_dtype': 'bfloat16'}
  gpus(1, (7, 5))
  (problem,) = problems(**runtime)
  assert 'Some GPU has 7.5' in problem and 'PRECISION' in problem
  gpus(1, (8, 0))
  assert not problems(**runtime)
  assert not problems(mixed_precision_dtype='bfloat16')


def cluster(**task):
  task = {'type': 'worker', 'index': 1} | task
  return {'cluster': {'worker': HOSTS.split(',')}, 'task': task}


@pytest.mark.parametrize(
  'config',
  [
    '{',
    '[]',
    json.dumps({'cluster': {}}),
    json.dumps(cluster(index=2)),
    json.dumps(cluster(type='chief')),
    json.dumps(cluster(index='first')),
  ],
)
def test_a_wrong_tf_config_is_shown(gpus, monkeypatch, config):
  monkeypatch.setenv('TF_CONFIG', config)
  (problem,) = problems(distribution_strategy='multi_worker_mirrored')
  assert 'expected TF_CONFIG such as {' in problem and config in problem


@pytest.mark.parametrize('config', ['garbage{', '[]'])
def test_a_tf_config_that_nobody_can_parse_is_named(gpus, monkeypatch, config):
  monkeypatch.setenv('TF_CONFIG', config)
  (problem,) = problems()
  assert 'TF_CONFIG is no JSON object' in problem and 'unset' in problem


def test_the_workers_are_listed_in_one_place(gpus, monkeypatch):
  monkeypatch.setenv('TF_CONFIG', json.dumps(cluster()))
  strategy = {'distribution_strategy': 'multi_worker_mirrored'}
  assert not problems(**strategy)
  (problem,) = problems(**strategy, worker_hosts=HOSTS, task_index=0)
  assert 'both are set' in problem


def decisions(replicas=1, *, sync=False, **runtime):
  params = params_of(**runtime).replace(
    task={'model': {'norm_activation': {'use_sync_bn': sync}}}
  )
  return ' | '.join(device_checks.decisions(params, replicas))


def test_settings_without_effect_are_decisions(gpus, monkeypatch):
  assert decisions(distribution_strategy='one_device') == ''
  assert 'a single replica, on the CPU' in decisions()
  assert 'the device that TensorFlow chooses' in decisions(
    distribution_strategy='off'
  )
  assert 'nothing to synchronise' in decisions(sync=True)
  assert 'its own images' in decisions(2)
  assert 'normalise' not in decisions(2, sync=True)
  assert 'emulated' in decisions(mixed_precision_dtype='bfloat16')
  assert 'not on this CPU' in decisions(enable_xla=True)
  assert "'local' is read by the strategy tpu" in decisions(tpu='local')
  monkeypatch.setenv('TF_CONFIG', '{}')
  assert 'this run is one worker' in decisions()
  gpus(4)
  assert '1 of 4 visible GPUs' in decisions(num_gpus=1)


def test_accelerators_get_no_decisions_about_cpus(gpus):
  gpus(2)
  accelerated = {'mixed_precision_dtype': 'bfloat16', 'enable_xla': True}
  assert decisions(2, sync=True, num_gpus=2, **accelerated) == ''
  tpu = {'distribution_strategy': 'tpu', 'tpu': 'local'}
  assert decisions(8, sync=True, **tpu, **accelerated) == ''
