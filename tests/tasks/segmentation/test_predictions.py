import numpy as np
import tensorflow as tf

from copypaste_tf.inputs.decode import EvalScenes
from copypaste_tf.tasks.segmentation import predictions
from copypaste_tf.tasks.segmentation.config import SegmentationConfig


def scorer(images):
  """Scores the mean colour of each cell; knows nothing of its neighbours."""
  return 3 * tf.nn.avg_pool2d(images, 4, 4, 'SAME')


def blocks(seed=0):
  rng = np.random.default_rng(seed)
  coarse = rng.normal(size=[2, 4, 6, 3]).astype(np.float32)
  return tf.constant(coarse.repeat(16, 1).repeat(16, 2))


def averaged(images, **options):
  return predictions.averaged(
    scorer,
    images,
    **{'scales': (1.0,), 'flip': False, 'multiple': 16} | options,
  )


def test_one_scale_gives_the_probabilities():
  images = blocks()
  expected = tf.nn.softmax(scorer(images))
  np.testing.assert_allclose(averaged(images), expected, atol=1e-6)


def test_a_mirrored_image_is_mirrored_back():
  images = blocks()
  np.testing.assert_allclose(
    averaged(images, flip=True), averaged(images), atol=1e-5
  )
  sizes = []

  def one_sided(x):
    sizes.append(x.shape[1:3].as_list())
    return scorer(x) * tf.reshape(tf.range(24.0), [1, 1, 24, 1])

  both = predictions.averaged(
    one_sided, images, scales=(1.0,), flip=True, multiple=16
  )
  assert sizes == [[64, 96]] * 2
  first = tf.nn.softmax(one_sided(images))
  second = tf.nn.softmax(one_sided(images[:, :, ::-1]))[:, :, ::-1]
  np.testing.assert_allclose(both, (first + second) / 2, atol=1e-5)


def test_sides_are_multiples_of_the_coarsest_stride():
  sizes = []

  def recorded(x):
    sizes.append(tuple(x.shape[1:3]))
    return scorer(x)

  found = predictions.averaged(
    recorded, blocks(), scales=(0.1, 0.5, 1.3), flip=False, multiple=16
  )
  assert sizes == [(16, 16), (32, 48), (80, 128)]
  assert found.shape == [2, 16, 24, 3]
  np.testing.assert_allclose(tf.reduce_sum(found, -1), 1, rtol=1e-5)


def test_averages_are_a_column_of_their_own():
  images, pairs = blocks(), tf.ones([2, 2], tf.int32)
  scenes = EvalScenes(images, pairs, pairs, tf.ones([2, 2]), tf.range(2))
  config = SegmentationConfig()
  plain = predictions.predictions(config, scorer, scenes)
  assert 'multi_scores' not in plain
  both = predictions.predictions(config.replace(eval_flip=True), scorer, scenes)
  np.testing.assert_array_equal(both['scores'], plain['scores'])
  assert both['multi_scores'].shape == plain['scores'].shape
