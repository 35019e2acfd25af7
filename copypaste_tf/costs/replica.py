"""Compiles one replica of many without the others.

`OneOfMany` replaces `tf.distribute.TPUStrategy` where there is no TPU. It
reports any number of replicas and sums over them with XLA's all-reduce, so the
compiled module contains synchronized batch normalization, its gradient and the
sum of the gradients as a TPU runs them. A step can be lowered for any number of
replicas, but only executed for one.
"""

import tensorflow as tf
from tensorflow.compiler.tf2xla.ops import gen_xla_ops
from tensorflow.python.distribute import distribute_lib, one_device_strategy


class OneOfMany(tf.distribute.Strategy):
  """A strategy of `replicas` replicas that traces a single one.

  Args:
    replicas: number of replicas, at least 1.

  Raises:
    ValueError: `replicas` is less than 1.
  """

  def __init__(self, replicas: int):
    if replicas < 1:
      raise ValueError(f'expected at least one replica, got {replicas}.')
    super().__init__(_Extended(self, replicas))


class _Extended(one_device_strategy.OneDeviceExtended):
  """Places variables on one device and sums over all replicas."""

  def __init__(self, strategy: OneOfMany, replicas: int):
    super().__init__(strategy, '/cpu:0')
    self._replicas = replicas

  @property
  def worker_devices(self) -> tuple[str, ...]:
    """The devices for which the step is built, which are not here."""
    return ('/device:TPU:0',)

  @property
  def _num_replicas_in_sync(self) -> int:
    return self._replicas

  def _call_for_each_replica(self, fn, args, kwargs):
    with _Context(self._container_strategy(), replica_id_in_sync_group=0):
      return fn(*args, **kwargs)

  def _reduce_to(self, reduce_op, value, destinations, options):
    """Sums or averages a tensor over the replicas, for every replica."""
    del destinations, options
    if self._replicas == 1:  # No strategy runs anything for a single replica.
      return value
    total = gen_xla_ops.xla_all_reduce(
      value, [list(range(self._replicas))], 'Add', 'CrossReplica'
    )
    if reduce_op == tf.distribute.ReduceOp.MEAN:
      return total / tf.cast(self._replicas, total.dtype)
    return total


class _Context(distribute_lib.ReplicaContext):
  """The context of a replica whose id is known only when it runs."""

  @property
  def replica_id_in_sync_group(self) -> tf.Tensor:
    return gen_xla_ops.xla_replica_id()
