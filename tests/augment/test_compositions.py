import dataclasses

import numpy as np
import pytest
import reference
import tensorflow as tf
from average import Average, average

from copypaste_tf import augment
from copypaste_tf.augment import compositions


@pytest.fixture
def registered(monkeypatch):
  """Registers the toy composition during a test."""
  monkeypatch.setattr(
    compositions, '_COMPOSITIONS', dict(compositions._COMPOSITIONS)
  )
  compositions.register('average', Average, average)


def test_a_registered_composition_runs_in_all_modes(form, registered):
  scenes = tf.nest.map_structure(
    tf.constant, reference.make_scenes(np.random.default_rng(0))
  )
  knobs = {'output_size': (32, 40), 'max_instances': 9}
  options = compositions.build({'name': 'average', 'weight': 0.25})
  seed = tf.constant([1, 2])
  results = list(
    reference.each_way(
      lambda s: augment.augment(
        s, seed, composition=options, form=form, **knobs
      ),
      scenes,
    )
  )
  reference.assert_same(results)
  targets, sources = augment.pair(scenes, seed, output_size=(32, 40), form=form)
  expected = 0.25 * targets.scenes.image + 0.75 * sources.scenes.image
  example = results[0][1]
  np.testing.assert_allclose(example.image, expected, atol=1e-5)
  assert (example.classes > 0).any() and not example.pasted.any()
  # Blended images are float32, whatever the output dtype.
  half = augment.augment(
    scenes, seed, composition=options, dtype=tf.bfloat16, form=form, **knobs
  )
  np.testing.assert_array_equal(half.image, tf.cast(example.image, tf.bfloat16))


def test_copy_paste_is_short_for_the_composition_of_that_name(form):
  scenes = tf.nest.map_structure(
    tf.constant, reference.make_scenes(np.random.default_rng(1))
  )
  config = {'subset': 'all', 'min_visible_area': 4}
  options = compositions.build({'name': 'copy_paste', **config})
  short, general = (
    reference.to_numpy(
      augment.augment(scenes, [3, 4], output_size=(32, 32), form=form, **way)
    )
    for way in (
      {'copy_paste': augment.CopyPaste(**config)},
      {'composition': options},
    )
  )
  assert short.pasted.any()
  reference.assert_same([('short', short), ('general', general)], ())
  with pytest.raises(ValueError, match='got both'):
    augment.augment(
      scenes,
      [3, 4],
      output_size=(8, 8),
      copy_paste=options,
      composition=options,
    )


def test_a_subclass_of_registered_options_is_composed_alike():
  class Mine(augment.CopyPaste):
    pass

  composition = compositions._composition_of(Mine())
  assert composition.options_class is augment.CopyPaste


@pytest.mark.parametrize(
  ('config', 'message'),
  [
    ({}, 'no composition None; `name` is one of average, copy_paste, mixup'),
    ({'name': 'mixdown'}, "no composition 'mixdown'"),
    ({'name': 'average', 'wait': 1}, 'has no option wait; it has weight'),
    ({'name': 'average', 'weight': 2}, r'in \[0, 1\], got 2'),
    ({'name': 'copy_paste', 'subset': 'most'}, 'one of random, one, all'),
  ],
)
def test_unknown_plain_values_are_named(registered, config, message):
  with pytest.raises(ValueError, match=message):
    compositions.build(config)


def test_a_composition_needs_a_new_name_and_all_attributes(registered):
  assert compositions.names() == ['average', 'copy_paste', 'mixup']
  with pytest.raises(ValueError, match="'average' with Average meets average"):
    compositions.register('average', Average, average)
  with pytest.raises(ValueError, match='meets average'):
    compositions.register('another', Average, average)
  with pytest.raises(ValueError, match='has no blends, shares_warp, check'):
    compositions.register('empty', dataclasses.make_dataclass('E', []), average)
  plain = type('Plain', (), {'blends': 0, 'shares_warp': 0, 'check': 0})
  with pytest.raises(ValueError, match='Plain is none'):
    compositions.register('plain', plain, average)


def test_options_of_an_unregistered_class_are_refused():
  scenes = reference.make_scenes(np.random.default_rng(2))
  with pytest.raises(ValueError, match='dict holds no options .*build makes'):
    augment.augment(
      scenes, [0, 1], output_size=(9, 9), composition={'name': 'copy_paste'}
    )
  targets, sources = augment.pair(scenes, [0, 1], output_size=(16, 16))
  with pytest.raises(ValueError, match='Average holds no options'):
    compositions.compose(
      targets, sources, [0, 1], options=Average(), max_instances=3
    )
