import itertools

import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.augment import CopyPaste
from copypaste_tf.augment.draws import selection
from copypaste_tf.examples import Scenes

DRAWS = 4000


def _select(labels, seed=0, room=100, allowed=True, **options):
  """Draws for `DRAWS` images with the same objects at once."""
  classes = tf.tile(tf.constant([labels]), [DRAWS, 1])
  scenes = Scenes(*[None] * len(Scenes._fields))._replace(classes=classes)
  found = selection.draw(
    scenes,
    tf.fill([DRAWS], allowed),
    tf.fill([DRAWS], room),
    tf.constant([seed, 9]),
    options=CopyPaste(**options),
  )
  return tf.nest.map_structure(lambda x: x.numpy(), found)


def _assert_rate(count, rate, draws=DRAWS):
  sigma = np.sqrt(max(rate * (1 - rate), 1e-9) / draws)
  assert abs(count / draws - rate) < 4 * sigma + 1e-9, (count / draws, rate)


def test_random_subset_count_is_uniform_from_zero_to_all():
  found = _select([1, 2, 3, 1])
  counts = np.bincount(found.chosen.sum(axis=1), minlength=5)
  for count in counts:
    _assert_rate(count, 1 / 5)
  np.testing.assert_array_equal(found.available, 4)
  np.testing.assert_array_equal(found.wanted, found.chosen.sum(axis=1))


def test_random_subset_objects_are_uniform():
  chosen = _select([1, 2, 3, 1], seed=1).chosen
  for k in range(4):
    _assert_rate(chosen[:, k].sum(), 1 / 2)
  pairs = chosen[chosen.sum(axis=1) == 2]
  for a, b in itertools.combinations(range(4), 2):
    _assert_rate((pairs[:, a] & pairs[:, b]).sum(), 1 / 6, len(pairs))


def test_subset_one_chooses_one_and_all_chooses_all():
  one = _select([1, 2, 3], subset='one').chosen
  np.testing.assert_array_equal(one.sum(axis=1), 1)
  for k in range(3):
    _assert_rate(one[:, k].sum(), 1 / 3)
  assert _select([1, 2, 3], subset='all').chosen.all()


@pytest.mark.parametrize('probability', [0.0, 0.3, 1.0])
def test_probability_is_per_image(probability):
  chosen = _select([1, 2], subset='all', probability=probability).chosen
  _assert_rate(chosen.any(axis=1).sum(), probability)
  assert set(chosen.sum(axis=1)) <= {0, 2}


def test_padding_is_never_chosen_and_an_empty_image_has_no_choices():
  found = _select([0, 2, 0, 3, 0], subset='all')
  np.testing.assert_array_equal(found.chosen[0], [0, 1, 0, 1, 0])
  for subset in ('random', 'one', 'all'):
    empty = _select([0, 0], subset=subset)
    assert not empty.chosen.any() and not empty.wanted.any()


def test_only_allowed_classes_are_chosen():
  found = _select([1, 2, 3, 4], subset='all', classes=[2, 4])
  np.testing.assert_array_equal(found.chosen[0], [0, 1, 0, 1])
  found = _select([1, 2, 3, 4], subset='all', excluded_classes=[2])
  np.testing.assert_array_equal(found.chosen[0], [1, 0, 1, 1])
  found = _select(
    [1, 2, 3, 4], subset='all', classes=[2, 3], excluded_classes=[3]
  )
  np.testing.assert_array_equal(found.chosen[0], [0, 1, 0, 0])
  np.testing.assert_array_equal(found.available, 1)


def test_class_weights_are_relative_chances():
  chosen = _select(
    [1, 2, 3], subset='one', class_weights=[9.0, 1.0, 3.0]
  ).chosen
  # Class 3 is beyond the list and weighs 1.
  for k, rate in enumerate((1 / 5, 3 / 5, 1 / 5)):
    _assert_rate(chosen[:, k].sum(), rate)
  none = _select([1, 2], subset='all', class_weights=[0.0, 0.0, 1.0])
  np.testing.assert_array_equal(none.chosen[0], [0, 1])
  np.testing.assert_array_equal(none.available, 1)


def test_max_pasted_and_free_slots_limit_the_choice():
  found = _select([1] * 6, subset='all', max_pasted=2)
  np.testing.assert_array_equal(found.chosen.sum(axis=1), 2)
  np.testing.assert_array_equal(found.wanted, 2)
  found = _select([1] * 6, subset='all', room=4)
  np.testing.assert_array_equal(found.chosen.sum(axis=1), 4)
  np.testing.assert_array_equal(found.wanted, 6)
  assert not _select([1], subset='all', room=0).chosen.any()


def test_an_excluded_image_gives_no_objects():
  assert not _select([1, 2], subset='all', allowed=False).chosen.any()


@pytest.mark.parametrize(
  ('option', 'message'),
  [
    ({'subset': 'some'}, r"subset must be one of random, one, all, got 'some'"),
    ({'probability': 1.01}, 'probability must be a probability'),
    ({'max_pasted': -1}, 'max_pasted'),
    ({'class_weights': [1.0, -2.0]}, 'class_weights'),
    ({'class_weights': [float('nan')]}, 'class_weights'),
  ],
)
def test_options_out_of_range_are_named(option, message):
  with pytest.raises(ValueError, match=message):
    _select([1], **option)
