"""The devices of a run: what the recipe asks for, or an error, never less.

What a recipe leaves open, or what makes no difference on these devices, is a
decision: printed when the run starts, and kept in its record.
"""

import socket
import sys
from typing import Any, NamedTuple

import tensorflow as tf
from official.common import distribute_utils
from official.core import config_definitions as cfg

from copypaste_tf.training.checks import device_checks
from copypaste_tf.training.checks.device_checks import WORKERS
from copypaste_tf.training.run import workers

_REACHED_WITHIN = 10  # Seconds.
# What TensorFlow raises where there is no TPU depends on how it is looked for.
_NO_TPU = (tf.errors.OpError, ImportError, OSError, RuntimeError, ValueError)


class Devices(NamedTuple):
  """What a run computes on.

  Attributes:
    strategy: over all replicas.
    params: the config, with the number of GPUs that `-1` stands for.
    decisions: a sentence for each.
  """

  strategy: tf.distribute.Strategy
  params: cfg.ExperimentConfig
  decisions: tuple[str, ...]

  @property
  def replicas(self) -> int:
    """How many replicas share the global batch."""
    return self.strategy.num_replicas_in_sync

  def line(self, batch_size: int) -> str:
    """Returns a line such as `mirrored over 2 GPUs, 4 images each, bfloat16`.

    Args:
      batch_size: images of a step, over all replicas.
    """
    runtime, count = self.params.runtime, self.replicas
    kind = device_checks.kind(runtime) + ('s' if count > 1 else '')
    each = batch_size / count
    worker, of = workers.position(self.strategy)
    return (
      f'{runtime.distribution_strategy} over {count} {kind}, '
      f'{each:g} image{"" if each == 1 else "s"} each, '
      f'{runtime.mixed_precision_dtype}'
      f'{f", worker {worker} of {of}" if of > 1 else ""}'
    )

  def tell(self, mode: str) -> None:
    """Prints the line and the decisions of a run, as notes to the user.

    Args:
      mode: of the run.
    """
    task = self.params.task
    data = task.train_data if 'train' in mode else task.validation_data
    print(self.line(data.global_batch_size), file=sys.stderr)
    for decision in self.decisions:
      print(f'note: {decision}', file=sys.stderr)

  def record(self) -> dict[str, Any]:
    """Returns what the record of a run says about them."""
    batch = self.params.task.train_data.global_batch_size
    return {
      'replicas': self.replicas,
      'images_per_replica': batch / self.replicas,
      'workers': workers.position(self.strategy)[1],
      'decisions': list(self.decisions),
    }


def start(params: cfg.ExperimentConfig) -> Devices:
  """Makes the strategy of a config; several workers find each other.

  TensorFlow wants the latter before it computes anything.

  Args:
    params: the config; its values are in their ranges.

  Raises:
    ValueError: the hardware is not what the config asks for.
  """
  params = with_gpus(params)
  found = [
    f'{p.path}: {p.message}' for p in device_checks.problems(params.runtime)
  ]
  if found:
    raise ValueError('\n'.join(found))
  strategy = _strategy(params.runtime)
  replicas = strategy.num_replicas_in_sync
  return Devices(
    strategy, params, tuple(device_checks.decisions(params, replicas))
  )


def with_gpus(params: cfg.ExperimentConfig) -> cfg.ExperimentConfig:
  """Returns the config with the number of GPUs that `-1` stands for."""
  if params.runtime.num_gpus >= 0:
    return params
  gpus = device_checks.visible_gpus()
  if params.runtime.distribution_strategy in ('off', 'one_device'):
    gpus = min(gpus, 1)
  return params.replace(runtime={'num_gpus': gpus})


def alone(params: cfg.ExperimentConfig) -> cfg.ExperimentConfig:
  """Returns the config for this machine, where it is one for many workers."""
  if params.runtime.distribution_strategy != WORKERS:
    return params
  return params.replace(runtime={'distribution_strategy': 'mirrored'})


def _strategy(runtime) -> tf.distribute.Strategy:
  if runtime.distribution_strategy == 'tpu':
    return _tpu_strategy(runtime)
  if runtime.distribution_strategy == 'mirrored' and not runtime.num_gpus:
    # A CPU may have been split, which Model Garden does not know.
    cpus = tf.config.list_logical_devices('CPU')
    return tf.distribute.MirroredStrategy([cpu.name for cpu in cpus])
  if runtime.distribution_strategy == WORKERS:
    distribute_utils.configure_cluster(runtime.worker_hosts, runtime.task_index)
  return _model_gardens(runtime)


def _model_gardens(runtime) -> tf.distribute.Strategy:
  return distribute_utils.get_distribution_strategy(
    runtime.distribution_strategy,
    num_gpus=runtime.num_gpus,
    all_reduce_alg=runtime.all_reduce_alg,
    num_packs=runtime.num_packs,
    tpu_address=runtime.tpu,
  )


def _tpu_strategy(runtime) -> tf.distribute.Strategy:
  """Connects to a TPU, or says in seconds why not.

  Raises:
    ValueError: there is none.
  """
  try:
    if runtime.tpu.startswith('grpc://'):
      # TensorFlow itself would try for many minutes.
      host, _, port = runtime.tpu.removeprefix('grpc://').partition(':')
      socket.create_connection((host, int(port)), _REACHED_WITHIN).close()
    return _model_gardens(runtime)
  except _NO_TPU as error:
    reason = str(error).strip().split('\n')[0].split('. ')[0]
    raise ValueError(
      f'runtime.tpu: no TPU at {runtime.tpu!r}: {reason}\n'
      'expected: --tpu=local on the virtual machine of a TPU, with pip install '
      f'tensorflow-tpu=={tf.__version__} instead of tensorflow; or the name '
      'or grpc:// address of a TPU that this machine reaches\n'
      'without a TPU: --strategy=mirrored, or copypaste_tf.tpu_check'
    ) from error
