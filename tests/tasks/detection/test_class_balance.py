"""Classes weigh by their effective numbers of objects."""

import json

import numpy as np
import pytest

from copypaste_tf.tasks.detection import class_balance
from copypaste_tf.tasks.detection.config import ClassBalance, TaskConfig

PAPER = {'beta': 0.999, 'low': 0.01, 'high': 5.0, 'background': 1.0}


def by_hand(counts, beta, low, high):
  raw = []
  for n in counts:
    # The effective number of objects, as a sum over the objects.
    raw.append(1 / sum(beta**k for k in range(n)))
  mean = sum(raw) / len(raw)
  return [min(max(x / mean, low), high) for x in raw]


def test_weights_equal_a_loop_over_the_objects():
  counts = [1, 3, 20, 400, 3000]
  got = class_balance.weights(np.array([7, *counts]), **PAPER)
  expected = [1.0, *by_hand(counts, 0.999, 0.01, 5.0)]
  np.testing.assert_allclose(got, expected, rtol=1e-9)


def test_beta_zero_weighs_all_classes_alike():
  knobs = PAPER | {'beta': 0.0, 'background': 0.5}
  got = class_balance.weights(np.array([0, 1, 10, 1000]), **knobs)
  np.testing.assert_array_equal(got, [0.5, 1, 1, 1])


def test_ids_without_objects_do_not_move_the_mean():
  dense = class_balance.weights(np.array([0, 4, 90]), **PAPER)
  sparse = class_balance.weights(np.array([0, 0, 4, 0, 90]), **PAPER)
  np.testing.assert_array_equal(sparse[[2, 4]], dense[1:])


def test_no_object_at_all_is_refused():
  with pytest.raises(ValueError, match='needs objects'):
    class_balance.weights(np.array([5, 0, 0]), **PAPER)


def test_the_counts_of_lvis_give_the_weights_of_the_paper(real_data):
  path = real_data / 'lvis_v1_sample' / 'lvis_v1_train_cat_info.json'
  categories = json.loads(path.read_text())
  counts = np.zeros([1204], np.int64)
  for category in categories:
    counts[category['id']] = category['instance_count']
  got = class_balance.weights(counts, **PAPER)[1:]
  assert np.sum(got == 5) == 78 and got.min() == pytest.approx(0.0114, abs=5e-5)
  assert np.median(got) == pytest.approx(0.126, abs=5e-4)
  for n, weight in {3: 3.82, 10: 1.15, 100: 0.120, 1000: 0.0181}.items():
    shown = got[counts[1:] == n]
    assert not len(shown) or shown[0] == pytest.approx(weight, rel=5e-3)


def objects_by_class(path):
  annotations = json.loads(path.read_text())['annotations']
  classes = [a['category_id'] for a in annotations if not a.get('iscrowd')]
  return np.bincount(classes, minlength=18)


def test_a_config_counts_its_training_records_or_those_it_names(shapes):
  config = TaskConfig(class_balance=ClassBalance())
  config.model.num_classes = 18
  config.train_data.input_path = f'{shapes}/train-*.tfrecord'
  config.train_data.source_input_path = f'{shapes}/val-*.tfrecord'
  found = class_balance.resolve(config)
  expected = objects_by_class(shapes / 'instances_train.json')
  np.testing.assert_array_equal(found['instances'], expected)
  np.testing.assert_allclose(
    found['weights'], class_balance.weights(expected, **PAPER), rtol=1e-8
  )
  config.class_balance.counts = f'{shapes}/val-*.tfrecord'
  np.testing.assert_array_equal(
    class_balance.resolve(config)['instances'],
    objects_by_class(shapes / 'instances_val.json'),
  )


def test_without_a_balance_nothing_is_read():
  assert class_balance.resolve(TaskConfig()) is None


def test_a_sentence_tells_how_many_weights_are_cut():
  counts = np.array([0, 1, 0, 500, 500, 500, 9000])
  knobs = PAPER | {'high': 2.0}
  found = class_balance.weights(counts, **knobs)
  told = class_balance.describe(
    {'weights': found.tolist(), 'instances': counts.tolist()},
    ClassBalance(high=2.0),
  )
  assert told.startswith('class_balance: weights of 5 classes from 0.01 to 2,')
  assert '1 are cut to 2, 1 to 0.01; 1 for the background' in told
