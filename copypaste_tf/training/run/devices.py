"""Starts the devices that a config asks for, or raises an error.

A run never falls back to fewer devices. `decisions` are notes on settings that
have no effect on these devices; a run prints and records them.
"""

import socket
import sys
from typing import Any, NamedTuple

import tensorflow as tf
from official.common import distribute_utils
from official.core import config_definitions as cfg

from copypaste_tf.training.checks import device_checks
from copypaste_tf.training.checks.device_checks import WORKERS
from copypaste_tf.training.loop import workers

_CONNECTION_TIMEOUT = 10  # Seconds.
# TensorFlow raises one of these if it finds no TPU, depending on the address.
_NO_TPU = (tf.errors.OpError, ImportError, OSError, RuntimeError, ValueError)


class Devices(NamedTuple):
  """The devices of a run.

  Attributes:
    strategy: distribution strategy over all replicas.
    params: the config; a `num_gpus` of -1 is replaced by the number of GPUs.
    decisions: notes from `device_checks.decisions`.
  """

  strategy: tf.distribute.Strategy
  params: cfg.ExperimentConfig
  decisions: tuple[str, ...]

  @property
  def replicas(self) -> int:
    """Number of replicas that share the global batch."""
    return self.strategy.num_replicas_in_sync

  def line(self, batch_size: int) -> str:
    """Returns a line such as `mirrored over 2 GPUs, 4 images each, bfloat16`.

    Args:
      batch_size: number of images of a step, over all replicas.
    """
    runtime, count = self.params.runtime, self.replicas
    kind = device_checks.kind(runtime) + ('s' if count > 1 else '')
    images = batch_size / count
    worker, num_workers = workers.position(self.strategy)
    return (
      f'{runtime.distribution_strategy} over {count} {kind}, '
      f'{images:g} image{"" if images == 1 else "s"} each, '
      f'{runtime.mixed_precision_dtype}'
      f'{f", worker {worker} of {num_workers}" if num_workers > 1 else ""}'
    )

  def print_summary(self, mode: str) -> None:
    """Prints the devices and the decisions to the standard error.

    Args:
      mode: mode of the run, such as `train_and_eval`.
    """
    task = self.params.task
    data = task.train_data if 'train' in mode else task.validation_data
    print(self.line(data.global_batch_size), file=sys.stderr)
    for decision in self.decisions:
      print(f'note: {decision}', file=sys.stderr)

  def record(self) -> dict[str, Any]:
    """Returns the devices as the record of a run stores them."""
    batch = self.params.task.train_data.global_batch_size
    return {
      'replicas': self.replicas,
      'images_per_replica': batch / self.replicas,
      'workers': workers.position(self.strategy)[1],
      'decisions': list(self.decisions),
    }


def start(params: cfg.ExperimentConfig) -> Devices:
  """Makes the distribution strategy of a config and connects the workers.

  TensorFlow must not compute anything before the workers are connected.

  Args:
    params: the config; single values are in their ranges.

  Returns:
    The devices.

  Raises:
    ValueError: the machine does not have the devices of the config. The message
      lists all problems.
  """
  params = with_gpus(params)
  faults = [
    f'{p.path}: {p.message}' for p in device_checks.problems(params.runtime)
  ]
  if faults:
    raise ValueError('\n'.join(faults))
  strategy = _strategy(params.runtime)
  replicas = strategy.num_replicas_in_sync
  return Devices(
    strategy, params, tuple(device_checks.decisions(params, replicas))
  )


def with_gpus(params: cfg.ExperimentConfig) -> cfg.ExperimentConfig:
  """Replaces the `num_gpus` -1 by the number of GPUs that the run uses."""
  if params.runtime.num_gpus >= 0:
    return params
  gpus = device_checks.visible_gpus()
  if params.runtime.distribution_strategy in ('off', 'one_device'):
    gpus = min(gpus, 1)
  return params.replace(runtime={'num_gpus': gpus})


def on_one_machine(params: cfg.ExperimentConfig) -> cfg.ExperimentConfig:
  """Replaces a strategy of several workers by one for this machine."""
  if params.runtime.distribution_strategy != WORKERS:
    return params
  return params.replace(runtime={'distribution_strategy': 'mirrored'})


def _strategy(runtime) -> tf.distribute.Strategy:
  if runtime.distribution_strategy == 'tpu':
    return _tpu_strategy(runtime)
  if runtime.distribution_strategy == 'mirrored' and not runtime.num_gpus:
    # One CPU can be several logical devices; Model Garden would use only one.
    cpus = tf.config.list_logical_devices('CPU')
    return tf.distribute.MirroredStrategy([cpu.name for cpu in cpus])
  if runtime.distribution_strategy == WORKERS:
    distribute_utils.configure_cluster(runtime.worker_hosts, runtime.task_index)
  return _model_garden_strategy(runtime)


def _model_garden_strategy(runtime) -> tf.distribute.Strategy:
  return distribute_utils.get_distribution_strategy(
    runtime.distribution_strategy,
    num_gpus=runtime.num_gpus,
    all_reduce_alg=runtime.all_reduce_alg,
    num_packs=runtime.num_packs,
    tpu_address=runtime.tpu,
  )


def _tpu_strategy(runtime) -> tf.distribute.Strategy:
  """Connects to a TPU; fails within seconds if there is none.

  Raises:
    ValueError: TensorFlow finds no TPU.
  """
  try:
    if runtime.tpu.startswith('grpc://'):
      # TensorFlow itself would try to connect for many minutes.
      host, _, port = runtime.tpu.removeprefix('grpc://').partition(':')
      socket.create_connection((host, int(port)), _CONNECTION_TIMEOUT).close()
    return _model_garden_strategy(runtime)
  except _NO_TPU as error:
    reason = str(error).strip().split('\n')[0].split('. ')[0]
    raise ValueError(
      f'runtime.tpu: no TPU at {runtime.tpu!r}: {reason}\n'
      'expected: --tpu=local on the virtual machine of a TPU, with pip install '
      f'tensorflow-tpu=={tf.__version__} instead of tensorflow; or the name '
      'or grpc:// address of a TPU that this machine reaches\n'
      'without a TPU: --strategy=mirrored, or copypaste_tf.tpu_check'
    ) from error
