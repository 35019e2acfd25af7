"""The running means of the losses are those of all replicas."""

import numpy as np
import tensorflow as tf

from copypaste_tf.inputs.data_config import RecordSet, TrainData
from copypaste_tf.tasks.detection.loss_means import LossMeans

SETS = [
  RecordSet(path='a', share=0.5, name='gold'),
  RecordSet(path='b', share=0.5, loss_weight=3.0),
]
DATA = TrainData(sets=SETS)


def moved(means, values, momentum=0.9):
  tf.function(lambda x: means.update(x, momentum))(tf.constant(values))
  return means.means.numpy()


def test_the_first_step_sets_the_means_and_later_ones_move_them():
  means = LossMeans(2)
  np.testing.assert_array_equal(means.ratios(DATA), [1, 1])
  np.testing.assert_array_equal(moved(means, [4.0, 2.0]), [4, 2])
  np.testing.assert_allclose(moved(means, [2.0, 4.0]), [3.8, 2.2])


def test_the_means_are_those_of_all_replicas(strategy):
  count = strategy.num_replicas_in_sync
  with strategy.scope():
    means = LossMeans(2)

  def values(context):
    return tf.constant([1.0, 3.0]) + 2.0 * context.replica_id_in_sync_group

  losses = strategy.experimental_distribute_values_from_function(values)
  strategy.run(lambda x: means.update(x, 0.5), args=(losses,))
  np.testing.assert_allclose(means.means, [count, count + 2])


def test_a_set_that_is_only_pasted_from_is_not_normalised():
  data = TrainData(sets=[RecordSet(path='x', share=0.0), *SETS])
  means = LossMeans(3)
  moved(means, [0.1, 6.0, 2.0])
  np.testing.assert_allclose(means.ratios(data), [1, 1, 3])
