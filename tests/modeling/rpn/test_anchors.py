"""Anchors of rows and columns against those of Model Garden, bit for bit."""

import numpy as np
import pytest
import tensorflow as tf
from official.vision.ops import anchor

from copypaste_tf.modeling.rpn import anchors

COCO = {
  'min_level': 2,
  'max_level': 6,
  'num_scales': 1,
  'aspect_ratios': [1.0, 2.0, 0.5],
  'anchor_size': 8.0,
}
TWO_SCALES = {**COCO, 'min_level': 3, 'num_scales': 2, 'anchor_size': 3.0}


def model_garden(size, options):
  levels = anchor.Anchor(image_size=list(size), **options).multilevel_boxes
  return {k: boxes.numpy().reshape(-1, 4) for k, boxes in levels.items()}


@pytest.mark.parametrize('compiled', [False, True])
@pytest.mark.parametrize('options', [COCO, TWO_SCALES])
@pytest.mark.parametrize('size', [(1024, 1024), (640, 640), (333, 517)])
def test_boxes_equal_model_gardens_bit_for_bit(size, options, compiled):
  levels = anchors.pyramid_anchors(size, **options)
  expected = model_garden(size, options)
  assert levels.keys() == expected.keys()
  boxes = tf.function(
    lambda data: anchors.boxes_of(levels, data), jit_compile=compiled
  )(tf.constant([-7]))
  np.testing.assert_array_equal(boxes, np.concatenate([*expected.values()]))
  for level, all_boxes in expected.items():
    index = np.random.default_rng(0).integers(0, len(all_boxes), [2, 50])
    taken = tf.function(levels[level].take, jit_compile=compiled)(
      tf.constant(index, tf.int32)
    )
    np.testing.assert_array_equal(taken, all_boxes[index])


def test_a_graph_does_not_hold_the_boxes():
  levels = anchors.pyramid_anchors((512, 512), **COCO)
  function = tf.function(
    lambda index: (anchors.boxes_of(levels, index), levels['2'].take(index)),
    jit_compile=True,
  )
  index = tf.constant([0])
  module = function.experimental_get_compiler_ir(index)(stage='hlo_serialized')
  assert len(module) < 100_000 < 4 * 4 * np.prod(levels['2'].grid)
