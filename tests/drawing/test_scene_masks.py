import numpy as np
import reference
import tensorflow as tf

from copypaste_tf import examples
from copypaste_tf.drawing import scene_masks


def test_a_scene_of_boxes_alone_has_no_masks():
  scene = reference.make_scenes(np.random.default_rng(0))
  scene = tf.nest.map_structure(lambda field: field[0], scene)
  masks = scene_masks.masks_of(scene, [0, 2])
  np.testing.assert_array_equal(masks[1], examples.mask_of(scene, 2))
  bare = scene._replace(planes=scene.planes[:0])
  assert len(masks) == 2 and scene_masks.masks_of(bare, [0, 2]) is None
