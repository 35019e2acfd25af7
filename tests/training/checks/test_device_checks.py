"""What the hardware cannot do is an error, what makes no difference is told."""

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
  """Lets TensorFlow see so many GPUs of a compute capability."""

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


def found(**runtime):
  problems = device_checks.problems(params_of(**runtime).runtime)
  return [f'{p.path}: {p.message}' for p in problems]


@pytest.mark.parametrize(
  ('runtime', 'there', 'parts'),
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
def test_what_cannot_be_is_an_error_with_advice(gpus, runtime, there, parts):
  gpus(there)
  (problem,) = found(**runtime)
  for part in parts:
    assert part in problem


def test_bfloat16_needs_a_gpu_that_has_it(gpus):
  runtime = {'num_gpus': 1, 'mixed_precision_dtype': 'bfloat16'}
  gpus(1, (7, 5))
  (problem,) = found(**runtime)
  assert 'Some GPU has 7.5' in problem and 'PRECISION' in problem
  gpus(1, (8, 0))
  assert not found(**runtime)
  assert not found(mixed_precision_dtype='bfloat16')


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
  (problem,) = found(distribution_strategy='multi_worker_mirrored')
  assert 'expected TF_CONFIG such as {' in problem and config in problem


def test_the_workers_are_named_once(gpus, monkeypatch):
  monkeypatch.setenv('TF_CONFIG', json.dumps(cluster()))
  strategy = {'distribution_strategy': 'multi_worker_mirrored'}
  assert not found(**strategy)
  (problem,) = found(**strategy, worker_hosts=HOSTS, task_index=0)
  assert 'both are set' in problem


def decided(replicas=1, *, sync=False, **runtime):
  params = params_of(**runtime).replace(
    task={'model': {'norm_activation': {'use_sync_bn': sync}}}
  )
  return ' | '.join(device_checks.decisions(params, replicas))


def test_decisions_say_what_makes_no_difference(gpus, monkeypatch):
  assert decided(distribution_strategy='one_device') == ''
  assert 'a single replica, on the CPU' in decided()
  assert 'leaves all to TensorFlow' in decided(distribution_strategy='off')
  assert 'nothing to synchronise' in decided(sync=True)
  assert 'its own images' in decided(2)
  assert 'normalise' not in decided(2, sync=True)
  assert 'emulated' in decided(mixed_precision_dtype='bfloat16')
  assert 'not here' in decided(enable_xla=True)
  assert "'local' is read by the strategy tpu" in decided(tpu='local')
  monkeypatch.setenv('TF_CONFIG', '{}')
  assert 'this run is one worker' in decided()
  gpus(4)
  assert '1 of 4 visible GPUs' in decided(num_gpus=1)


def test_accelerators_are_not_told_about_cpus(gpus):
  gpus(2)
  accelerated = {'mixed_precision_dtype': 'bfloat16', 'enable_xla': True}
  assert decided(2, sync=True, num_gpus=2, **accelerated) == ''
  tpu = {'distribution_strategy': 'tpu', 'tpu': 'local'}
  assert decided(8, sync=True, **tpu, **accelerated) == ''
