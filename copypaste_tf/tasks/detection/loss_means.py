"""Keeps the running mean of the loss of each record set."""

import tensorflow as tf

from copypaste_tf.inputs import record_sets
from copypaste_tf.inputs.data_config import TrainData


class LossMeans(tf.Module):
  """Running means of the loss of each set, a part of every checkpoint.

  They are those of the loss normalisation of Zoph et al. 2020.

  Args:
    sets: number of sets.
  """

  def __init__(self, sets: int):
    super().__init__(name='loss_means')
    self.means = tf.Variable(
      tf.zeros([sets]),
      trainable=False,
      aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
      name='loss_means',
    )

  def update(self, losses: tf.Tensor, momentum: float) -> None:
    """Moves the means towards the losses of a step; the first step sets them.

    Args:
      losses: `[s]` float32, the loss of each set on this replica.
      momentum: factor of the old mean, in [0, 1).
    """
    context = tf.distribute.get_replica_context()
    losses = context.all_reduce(tf.distribute.ReduceOp.MEAN, losses)
    moved = momentum * self.means + (1 - momentum) * losses
    self.means.assign(tf.where(self.means > 0.0, moved, losses))

  def ratios(self, data: TrainData) -> tf.Tensor:
    """Returns the mean loss of the first set over that of each set.

    Args:
      data: config of the training inputs.

    Returns:
      `[s]` float32; 1 before the first step, and for a set that is only pasted
      from.
    """
    shares = [record_set.share for record_set in record_sets.resolve(data)]
    first = next(k for k, share in enumerate(shares) if share)
    ratios = tf.math.divide_no_nan(self.means[first], self.means)
    trained = [share > 0 for share in shares]
    return tf.where(tf.constant(trained) & (ratios > 0.0), ratios, 1.0)
