import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf import augment
from copypaste_tf.augment import drawing

SIZE = (24, 24)
PASTE = augment.CopyPaste(min_visible_area=4)
SEED = [4, 2]


def _scenes(seed=0, first_id=0):
  scenes = reference.make_scenes(np.random.default_rng(seed), batch=3, count=3)
  scenes = scenes._replace(source_id=np.arange(3) + first_id)
  return tf.nest.map_structure(tf.constant, scenes)


@pytest.mark.parametrize(
  'knobs',
  [
    {},
    {'composition': PASTE},
    {'composition': PASTE, 'source_jitter': augment.ScaleJitter(0.8, 1.25)},
    {'composition': PASTE, 'sources': _scenes(1, first_id=9)},
  ],
)
def test_a_seed_and_what_was_drawn_from_it_give_the_same_example(knobs):
  scenes = _scenes()
  drawn = drawing.draw(scenes, tf.constant(SEED), output_size=SIZE, **knobs)
  by_seed, by_draws = (
    reference.to_numpy(
      augment.augment(scenes, seed, output_size=SIZE, form='dense', **knobs)
    )
    for seed in (tf.constant(SEED), drawn)
  )
  reference.assert_same([('seed', by_seed), ('draws', by_draws)])


def test_a_draw_reads_no_pixels():
  scenes = _scenes()
  blank = scenes._replace(
    image=tf.zeros_like(scenes.image), planes=tf.zeros_like(scenes.planes)
  )
  draws = [
    drawing.draw(x, tf.constant(SEED), output_size=SIZE, composition=PASTE)
    for x in (scenes, blank)
  ]
  tf.nest.map_structure(np.testing.assert_array_equal, *draws)


def test_one_image_has_no_partner():
  one = tf.nest.map_structure(lambda x: x[:1], _scenes())
  with pytest.raises(ValueError, match='which has only one'):
    drawing.draw(one, tf.constant(SEED), output_size=SIZE, composition=PASTE)
