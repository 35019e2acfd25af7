"""Checks whether this machine has the devices that a config asks for."""

import json
import os
from collections.abc import Iterator

import tensorflow as tf
from official.core import config_definitions as cfg

from copypaste_tf.config.config_types import Problem
from copypaste_tf.tasks import registry

WORKERS = 'multi_worker_mirrored'
_GPUS, _PRECISION = 'runtime.num_gpus', 'runtime.mixed_precision_dtype'
_HOSTS = 'runtime.worker_hosts'


def problems(runtime: cfg.RuntimeConfig) -> Iterator[Problem]:
  """Finds settings that this machine cannot satisfy.

  Args:
    runtime: runtime config; `num_gpus` is not -1.

  Yields:
    The problems.
  """
  visible, strategy = visible_gpus(), runtime.distribution_strategy
  if strategy == 'tpu':
    yield from _tpu_problems(runtime)
    return
  if runtime.num_gpus > visible:
    yield Problem(
      _GPUS,
      f'expected at most the {visible} GPUs that are visible, got '
      f'{runtime.num_gpus}; -1 uses all of them',
    )
  if strategy in ('off', 'one_device') and runtime.num_gpus > 1:
    yield Problem(
      _GPUS,
      f'expected at most 1 with the strategy {strategy}, got '
      f'{runtime.num_gpus}; use --strategy=mirrored for several GPUs',
    )
  if strategy == WORKERS:
    if runtime.num_gpus < visible:
      yield Problem(
        _GPUS,
        f'{WORKERS} uses all visible GPUs, {visible} here, got '
        f'{runtime.num_gpus}; hide the others with CUDA_VISIBLE_DEVICES',
      )
    yield from _cluster_problems(runtime)
  else:
    yield from _unread_tf_config()
  if runtime.mixed_precision_dtype == 'bfloat16' and runtime.num_gpus:
    yield from _old_gpus()


def decisions(params: cfg.ExperimentConfig, replicas: int) -> Iterator[str]:
  """Lists settings whose effect on these devices is not the usual one.

  Args:
    params: the config; `runtime.num_gpus` is not -1.
    replicas: number of replicas that share the global batch.

  Yields:
    A sentence for each setting.
  """
  runtime = params.runtime
  synchronized = registry.build(params.task).synchronized_norm
  strategy, place = runtime.distribution_strategy, kind(runtime)
  visible = visible_gpus()
  if strategy == 'mirrored' and place == 'CPU' and replicas == 1:
    yield 'mirrored without GPUs is a single replica, on the CPU'
  if strategy == 'off':
    yield 'off is a single replica, on the device that TensorFlow chooses'
  elif strategy != 'tpu' and runtime.num_gpus < visible:
    yield f'{runtime.num_gpus} of {visible} visible GPUs are used'
  if strategy != WORKERS and os.environ.get('TF_CONFIG'):
    yield f'TF_CONFIG is read by {WORKERS} only: this run is one worker'
  if strategy != 'tpu' and runtime.tpu:
    yield f'runtime.tpu = {runtime.tpu!r} is read by the strategy tpu only'
  if synchronized and replicas == 1:
    yield 'use_sync_bn: a single replica has nothing to synchronise'
  if synchronized is False and replicas > 1:
    yield 'use_sync_bn is False: each replica normalises by its own images'
  if place == 'CPU' and runtime.mixed_precision_dtype != 'float32':
    yield (
      f'{runtime.mixed_precision_dtype} is emulated on CPUs that do not '
      'support it, and may be slower than float32'
    )
  if place == 'CPU' and runtime.enable_xla:
    yield 'xla compiles the step on GPUs and TPUs only, not on this CPU'


def kind(runtime: cfg.RuntimeConfig) -> str:
  """Returns the kind of the devices: `CPU`, `GPU` or `TPU`.

  Args:
    runtime: runtime config; `num_gpus` is not -1.
  """
  if runtime.distribution_strategy == 'tpu':
    return 'TPU'
  return 'GPU' if runtime.num_gpus else 'CPU'


def visible_gpus() -> int:
  """Returns the number of GPUs that TensorFlow sees."""
  return len(tf.config.list_physical_devices('GPU'))


def _tpu_problems(runtime) -> Iterator[Problem]:
  if not runtime.tpu:
    yield Problem(
      'runtime.tpu',
      'the strategy tpu needs --tpu=local on the machine of the TPU, or '
      '--tpu=NAME or --tpu=grpc://HOST:8470 from another one',
    )
  if runtime.mixed_precision_dtype == 'float16':
    yield Problem(
      _PRECISION, 'TPUs compute in bfloat16 or float32, got float16'
    )


def _old_gpus() -> Iterator[Problem]:
  """Finds GPUs that do not support convolutions in bfloat16."""
  for gpu in tf.config.list_physical_devices('GPU'):
    details = tf.config.experimental.get_device_details(gpu)
    capability = details.get('compute_capability', (8, 0))
    if capability < (8, 0):
      yield Problem(
        _PRECISION,
        'bfloat16 needs GPUs of compute capability 8.0, '
        f'{details.get("device_name", "one")} has '
        f'{".".join(map(str, capability))}; bind PRECISION = "float32"',
      )


def _cluster_problems(runtime) -> Iterator[Problem]:
  """Finds faults in the list of workers."""
  tf_config = os.environ.get('TF_CONFIG', '')
  if bool(tf_config) == bool(runtime.worker_hosts):
    yield Problem(
      _HOSTS,
      f'{WORKERS} needs --worker_hosts=HOST:PORT,... and --task_index, or '
      f'TF_CONFIG; {"both are" if tf_config else "neither is"} set',
    )
  elif tf_config:
    yield from _tf_config_problems(tf_config)
  else:
    hosts = runtime.worker_hosts.split(',')
    if not 0 <= runtime.task_index < len(hosts):
      yield Problem(
        'runtime.task_index',
        f'expected the position of this worker in {_HOSTS}, in [0, '
        f'{len(hosts) - 1}], got {runtime.task_index}',
      )


def _unread_tf_config() -> Iterator[Problem]:
  """Finds a TF_CONFIG that TensorFlow cannot parse; it tries in every run."""
  text = os.environ.get('TF_CONFIG') or '{}'
  try:
    valid = isinstance(json.loads(text), dict)
  except ValueError:
    valid = False
  if not valid:
    yield Problem(
      'runtime.distribution_strategy',
      f'the environment variable TF_CONFIG is no JSON object: {text!r}; run '
      '`unset TF_CONFIG`, which only runs of several workers need',
    )


def _tf_config_problems(text: str) -> Iterator[Problem]:
  expected = (
    'expected TF_CONFIG such as {"cluster": {"worker": ["a:2222", "b:2222"]}, '
    '"task": {"type": "worker", "index": 0}}, got '
  )
  try:
    config = json.loads(text)
    task = config['task']
    hosts = config['cluster'][task['type']]
    index_is_valid = 0 <= int(task['index']) < len(hosts)
  except (ValueError, KeyError, TypeError) as error:
    yield Problem(_HOSTS, f'{expected}{text} ({error!r})')
    return
  if not index_is_valid or task['type'] not in ('chief', 'worker'):
    yield Problem(_HOSTS, expected + text)
