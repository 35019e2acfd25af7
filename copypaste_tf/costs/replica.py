"""One replica of many, without the others: to compile what each of them runs.

`OneOfMany` stands in for `tf.distribute.TPUStrategy` where there is no TPU.
What runs in it sees as many replicas as it was told, and sums over them with
XLA's own all-reduce: synchronised batch normalisation, its gradient and the
sum of the gradients are in the compiled module as a TPU runs them. It can be
lowered for any number of replicas, but run for one only.
"""

import tensorflow as tf
from tensorflow.compiler.tf2xla.ops import gen_xla_ops
from tensorflow.python.distribute import distribute_lib, one_device_strategy


class OneOfMany(tf.distribute.Strategy):
  """A strategy of `replicas` replicas that traces a single one.

  Args:
    replicas: how many, at least 1.

  Raises:
    ValueError: there are fewer replicas than one.
  """

  def __init__(self, replicas: int):
    if replicas < 1:
      raise ValueError(f'expected at least one replica, got {replicas}.')
    super().__init__(_Extended(self, replicas))


class _Extended(one_device_strategy.OneDeviceExtended):
  """Variables lie on one device; sums go over all replicas."""

  def __init__(self, strategy: OneOfMany, replicas: int):
    super().__init__(strategy, '/cpu:0')
    self._replicas = replicas

  @property
  def _num_replicas_in_sync(self) -> int:
    return self._replicas

  def _call_for_each_replica(self, fn, args, kwargs):
    with _Context(self._container_strategy(), replica_id_in_sync_group=0):
      return fn(*args, **kwargs)

  def _reduce_to(self, reduce_op, value, destinations, options):
    """Sums or averages a tensor of each replica; every replica gets it."""
    del destinations, options
    total = gen_xla_ops.xla_all_reduce(
      value, [list(range(self._replicas))], 'Add', 'CrossReplica'
    )
    if reduce_op == tf.distribute.ReduceOp.MEAN:
      return total / tf.cast(self._replicas, total.dtype)
    return total


class _Context(distribute_lib.ReplicaContext):
  """The context of a replica that learns its number when it runs."""

  @property
  def replica_id_in_sync_group(self) -> tf.Tensor:
    return gen_xla_ops.xla_replica_id()
