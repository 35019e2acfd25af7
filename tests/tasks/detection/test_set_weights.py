"""Terms of the losses weigh as their record sets do."""

import types

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from copypaste_tf.examples import TrainScenes
from copypaste_tf.inputs.data_config import RecordSet, TrainData
from copypaste_tf.tasks.detection import losses, set_weights
from copypaste_tf.tasks.detection.config import TaskConfig
from copypaste_tf.tasks.detection.loss_means import LossMeans
from copypaste_tf.tasks.detection.set_weights import BACKGROUND

SETS = [
  RecordSet(path='a', share=0.5, name='gold'),
  RecordSet(path='b', share=0.5, loss_weight=3.0),
]
DATA = TrainData(sets=SETS)
MIXED = TrainData(input_path='a', composition='mixup(loss_weights=True)')
# The second image is pseudo labelled; its last label is pasted from the first.
SCENES = dict.fromkeys(TrainScenes._fields) | {
  'sets': tf.constant([[0, 0], [1, 0]]),
  'pasted': tf.constant([[False, True, False], [False, False, True]]),
  'weights': tf.constant([[1.0, 1.0, 0.0], [1.0, 0.5, 1.0]]),
  'classes': tf.constant([[4, 2, 0], [1, 1, 3]]),
}


def table(sets):
  config = TaskConfig(train_data=TrainData(sets=sets))
  return set_weights.table(None, config).numpy()


def scenes(**changes):
  return TrainScenes(**(SCENES | changes))


def test_weights_of_a_batch_have_the_mean_1():
  np.testing.assert_allclose(table(SETS), [0.5, 1.5])
  thirds = [SETS[0].replace(share=0.75), SETS[1].replace(share=0.25)]
  found = table(thirds)
  assert np.dot(found, [0.75, 0.25]) == pytest.approx(1)
  assert found[1] / found[0] == pytest.approx(3)


def test_a_pasted_object_keeps_the_weight_of_its_own_set():
  terms = set_weights.terms(scenes())
  rows = tf.constant([[0, 1, BACKGROUND], [0, 1, 2]])
  found = set_weights.of_rows(terms, tf.constant([10.0, 100.0]), rows)
  np.testing.assert_array_equal(found, [[10, 10, 10], [100, 50, 10]])
  grid = tf.reshape(rows, [2, 1, 3, 1])
  grid = set_weights.of_rows(terms, tf.constant([10.0, 100.0]), grid)
  np.testing.assert_array_equal(tf.reshape(grid, [2, 3]), found)


def test_the_first_label_is_an_object_as_others_are():
  pasted = tf.constant([[False, True, False], [True, False, False]])
  terms = set_weights.terms(scenes(pasted=pasted))
  rows = tf.constant([[0, BACKGROUND], [0, BACKGROUND]])
  found = set_weights.of_rows(terms, tf.constant([10.0, 100.0]), rows)
  np.testing.assert_array_equal(found, [[10, 10], [10, 100]])


def test_background_has_the_weight_of_its_image():
  terms, rows = set_weights.terms(scenes()), tf.fill([2, 1], BACKGROUND)
  found = set_weights.of_rows(terms, tf.constant([10.0, 100.0]), rows)
  np.testing.assert_array_equal(found, [[10], [100]])


def test_examples_that_do_not_tell_their_sets_are_refused():
  with pytest.raises(ValueError, match=r'TrainScenes\.sets'):
    set_weights.terms(scenes(sets=()))


def test_a_checkpoint_of_the_model_holds_the_means(tmp_path):
  config = TaskConfig(train_data=DATA, loss_normalization=0.9)
  models = [tf_keras.Sequential([tf_keras.layers.Dense(1)]) for _ in range(2)]
  for model in models:
    set_weights.add_means(model, config)
  values = dict(zip(set_weights.loss_names(DATA), [4.0, 2.0], strict=True))
  set_weights.update_means(models[0], config, values)
  path = tf.train.Checkpoint(model=models[0]).write(str(tmp_path / 'x'))
  tf.train.Checkpoint(model=models[1]).read(path)
  np.testing.assert_array_equal(models[1].loss_means.means, [4, 2])
  plain = tf_keras.Sequential([])
  set_weights.add_means(plain, TaskConfig(train_data=DATA))
  assert not hasattr(plain, 'loss_means')


def test_normalised_losses_are_those_of_the_formula():
  """(L_h + alpha (mean L_h / mean L_p) L_p) / (1 + alpha), Zoph et al."""
  means = LossMeans(2)
  means.update(tf.constant([6.0, 2.0]), 0.9)
  human, pseudo, alpha = 5.0, 3.0, 3.0
  config = TaskConfig(train_data=DATA, loss_normalization=0.9)
  model = types.SimpleNamespace(loss_means=means)
  weights = set_weights.table(model, config).numpy()
  # A set's part of the loss of a batch is its mean times its share.
  found = weights @ [human / 2, pseudo / 2]
  expected = (human + alpha * (6.0 / 2.0) * pseudo) / (1 + alpha)
  assert found == pytest.approx(expected)


@pytest.mark.parametrize(
  ('momentum', 'changes', 'message'),
  [
    (0.99, {}, None),
    (0.0, {'sets': []}, None),
    (1.0, {}, 'below 1'),
    (0.99, {'sets': []}, '1 is trained on'),
    (0.99, {'global_batch_size': 1}, 'batch of 1'),
  ],
)
def test_normalisation_needs_sets_to_compare(momentum, changes, message):
  config = TaskConfig(
    train_data=DATA.replace(**changes), loss_normalization=momentum
  )
  found = [p.message for p in set_weights.problems(config)]
  assert len(found) == bool(message)
  assert all(message in text for text in found)


def test_a_single_set_is_not_told_apart():
  for data in (TrainData(input_path='a'), TrainData(sets=SETS[:1])):
    data = data.replace(sets=[x.replace(share=1.0) for x in data.sets])
    assert set_weights.loss_names(data) == []


LEARNT = (
  'rpn_scores',
  'rpn_boxes',
  'class_outputs',
  'box_outputs',
  'mask_outputs',
)


def detector(config, seed=0):
  """Returns random outputs and labels of 2 images, for every loss."""
  random = np.random.default_rng(seed)
  grid, count, regions = (2, 3, 3, 2), 3, 6

  def normal(*shape):
    return tf.constant(random.normal(size=shape), tf.float32)

  def integers(low, high, shape):
    return tf.constant(random.integers(low, high, shape), tf.int32)

  rows = integers(-1, count, grid)
  positive = tf.repeat(rows >= 0, 4, axis=-1)
  labels = {
    'rpn_score_targets': {'2': tf.where(rows >= 0, 1, integers(-1, 1, grid))},
    'rpn_box_targets': {'2': tf.where(positive, normal(2, 3, 3, 8), 0.0)},
    'rpn_rows': {'2': rows},
  }
  outputs = {
    'rpn_scores': {'2': normal(*grid)},
    'rpn_boxes': {'2': normal(2, 3, 3, 8)},
    'class_outputs': normal(2, regions, 5),
    'class_targets': integers(0, 5, (2, regions)),
    'box_outputs': normal(2, regions, 4),
    'box_targets': normal(2, regions, 4),
    'matched_rows': integers(0, count, (2, regions)),
    'mask_outputs': normal(2, 4, 2, 2),
    'mask_targets': tf.sigmoid(normal(2, 4, 2, 2)),
    'mask_class_targets': integers(0, 5, (2, 4)),
    'mask_matched_rows': integers(0, count, (2, 4)),
  }
  return config, outputs, labels


def values_of(config, outputs, labels, table=None):
  if table is not None:
    outputs = outputs | {'set_weights': tf.constant(table)}
    labels = labels | {'set_terms': set_weights.terms(scenes())}
  return losses.all_losses(config, outputs, labels, [tf.constant(0.25)])


def test_weights_of_1_change_no_bit_of_losses_and_gradients():
  config, outputs, labels = detector(TaskConfig(train_data=DATA))
  ones = scenes(weights=tf.ones([2, 3]))
  labels_ = labels | {'set_terms': set_weights.terms(ones)}

  def learned(labels, outputs):
    learnt = tf.nest.flatten({k: x for k, x in outputs.items() if k in LEARNT})
    with tf.GradientTape() as tape:
      tape.watch(learnt)
      values = losses.all_losses(config, outputs, labels, [])
    return values, tape.gradient(values['total_loss'], learnt)

  plain, gradients = learned(labels, outputs)
  table = {'set_weights': tf.ones([2])}
  values, others = learned(labels_, outputs | table)
  for name, value in plain.items():
    assert value == values[name], name
  for one, other in zip(gradients, others, strict=True):
    np.testing.assert_array_equal(one, other)
  assert len(gradients) == len(LEARNT)


@pytest.mark.parametrize('binary', [False, True])
def test_every_loss_is_the_weighted_sum_of_the_sets(binary):
  config, outputs, labels = detector(TaskConfig(train_data=DATA), seed=3)
  config.losses.frcnn_class_use_binary_cross_entropy = binary
  each = [
    values_of(config, outputs, labels, table) for table in ([1.0, 0], [0, 1.0])
  ]
  both = values_of(config, outputs, labels, [0.5, 3.0])
  for name in losses.NAMES[1:]:
    first, second = (float(values[name]) for values in each)
    assert first > 0 and second > 0, name
    expected = 0.5 * first + 3.0 * second
    assert float(both[name]) == pytest.approx(expected, rel=1e-5), name
  # Half of the batch each: the mean over a set's images is twice its part.
  for name, values in zip(('gold', '1'), each, strict=True):
    expected = 2 * float(values['model_loss'])
    found = float(both[f'sets/{name}/loss'])
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
  ('data', 'needed'),
  [
    (MIXED, True),
    (DATA, True),
    (MIXED.replace(composition='mixup'), False),
    (MIXED.replace(composition='mixdown(loss_weights=True)'), False),
    (TrainData(input_path='a'), False),
  ],
)
def test_losses_are_weighed_only_if_sets_or_labels_may_differ(data, needed):
  assert set_weights.are_needed(data) == needed


def test_a_label_of_weight_0_has_no_gradient():
  config, outputs, labels = detector(TaskConfig(train_data=MIXED))
  table = set_weights.table(None, config)

  def gradients(weights):
    example = scenes(
      sets=(),
      weights=tf.constant(weights),
      source_id=tf.constant([[5, 6], [6, 5]], tf.int64),
    )
    terms = set_weights.terms(example, told_apart=False)
    learnt = {name: outputs[name] for name in LEARNT}
    with tf.GradientTape() as tape:
      tape.watch(tf.nest.flatten(learnt))
      values = losses.all_losses(
        config,
        outputs | {'set_weights': table},
        labels | {'set_terms': terms},
        [],
      )
    assert set(values) == set(losses.NAMES)
    return tape.gradient(values['total_loss'], learnt)

  none, full = gradients([[0.0] * 3] * 2), gradients([[1.0] * 3] * 2)
  half = gradients([[0.5] * 3] * 2)
  positive = {
    'rpn_scores': labels['rpn_score_targets']['2'] > 0,
    'class_outputs': outputs['class_targets'] > 0,
  }
  for name in LEARNT:
    of_none, of_half, of_full = (
      x[name]['2'].numpy() if isinstance(x[name], dict) else x[name].numpy()
      for x in (none, half, full)
    )
    of_objects = positive.get(name, tf.ones(of_full.shape, tf.bool)).numpy()
    assert not of_none[of_objects].any() and of_full[of_objects].any(), name
    np.testing.assert_allclose(
      of_half[of_objects], of_full[of_objects] / 2, rtol=1e-5
    )
    # Background weighs 1, and the divisors count each term once.
    np.testing.assert_array_equal(of_none[~of_objects], of_full[~of_objects])
