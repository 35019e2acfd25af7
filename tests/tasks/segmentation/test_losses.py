import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.examples import VOID
from copypaste_tf.tasks.segmentation import losses


def by_hand(scores, classes, power=0.0):
  values, weights = [], []
  for logits, label in zip(
    scores.reshape(-1, scores.shape[-1]), classes.ravel(), strict=True
  ):
    if label != VOID:
      values.append(np.log(np.exp(logits).sum()) - logits[label])
      weights.append(float(np.sum(classes == label)) ** -power)
  return np.average(values, weights=weights)


def random_cells(seed=0):
  rng = np.random.default_rng(seed)
  scores = rng.normal(size=[2, 3, 5, 4]).astype(np.float32)
  return scores, rng.choice([0, 1, 3, VOID], [2, 3, 5]).astype(np.int32)


def test_the_mean_is_over_the_cells_that_have_a_label():
  scores, classes = random_cells()
  found = losses.pixel_loss(tf.constant(scores), tf.constant(classes))
  np.testing.assert_allclose(found, by_hand(scores, classes), rtol=1e-5)


def published(scores, classes):
  labelled = classes != VOID
  loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
    labels=tf.where(labelled, classes, 0), logits=scores
  )
  count = tf.reduce_sum(tf.cast(labelled, tf.float32))
  return tf.reduce_sum(tf.where(labelled, loss, 0.0)) / tf.maximum(count, 1.0)


@pytest.mark.parametrize('compiled', [False, True])
def test_power_0_is_the_published_loss_bit_for_bit(compiled):
  scores, classes = map(tf.constant, random_cells(3))

  @tf.function(jit_compile=compiled)
  def gradients():
    values = published(scores, classes), losses.pixel_loss(scores, classes)
    return values, [tf.gradients(value, scores)[0] for value in values]

  for old, new in gradients():
    np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize('power', [0.0, 0.5, 1.0])
@pytest.mark.parametrize('compiled', [False, True])
def test_a_cell_weighs_by_a_power_of_the_cells_of_its_class(power, compiled):
  scores, classes = random_cells(1)
  compute = tf.function(losses.pixel_loss, jit_compile=compiled)
  found = compute(tf.constant(scores), tf.constant(classes), power)
  np.testing.assert_allclose(found, by_hand(scores, classes, power), rtol=1e-5)


def test_power_1_is_the_mean_of_the_means_of_the_classes():
  scores, classes = random_cells(2)
  means = [
    by_hand(scores, np.where(classes == label, label, VOID))
    for label in (0, 1, 3)
  ]
  found = losses.pixel_loss(tf.constant(scores), tf.constant(classes), 1.0)
  np.testing.assert_allclose(found, np.mean(means), rtol=1e-5)


def test_cells_without_a_label_get_no_gradient():
  scores, classes = map(tf.constant, random_cells())
  with tf.GradientTape() as tape:
    tape.watch(scores)
    loss = losses.pixel_loss(scores, classes)
  gradient = tape.gradient(loss, scores).numpy()
  void = classes.numpy() == VOID
  assert not gradient[void].any() and gradient[~void].any(axis=-1).all()


@pytest.mark.parametrize('power', [0.0, 1.0])
def test_a_batch_without_labels_has_the_loss_0_and_a_finite_gradient(power):
  scores = tf.random.stateless_normal([1, 2, 2, 3], [0, 1])
  with tf.GradientTape() as tape:
    tape.watch(scores)
    loss = losses.pixel_loss(scores, tf.fill([1, 2, 2], VOID), power)
  assert loss == 0 and not tape.gradient(loss, scores).numpy().any()


def test_a_class_that_the_model_lacks_is_no_silent_label():
  scores, classes = random_cells()
  classes[0, 0, 0] = 4
  for power in (0.0, 0.5):
    with pytest.raises(tf.errors.InvalidArgumentError, match='outside the'):
      losses.pixel_loss(tf.constant(scores), tf.constant(classes), power)


def test_the_total_adds_weight_decay():
  scores, classes = map(tf.constant, random_cells())
  found = losses.all_losses(scores, classes, [tf.constant(2.0)])
  assert tuple(found) == losses.NAMES
  np.testing.assert_allclose(found['total_loss'], found['pixel_loss'] + 2)
  alone = losses.all_losses(scores, classes, [])
  assert alone['total_loss'] == alone['pixel_loss']
