"""Turns the outputs of the model into detections in the original images."""

from collections.abc import Mapping

import tensorflow as tf

from copypaste_tf.inputs.decode import NO_IMAGE, EvalScenes


def predictions(
  outputs: Mapping[str, tf.Tensor], inputs: EvalScenes
) -> dict[str, tf.Tensor]:
  """Returns the arguments of `evaluation.detections.from_batch`.

  Args:
    outputs: outputs of the model at inference.
    inputs: the batch that the model got.

  Returns:
    The detections of `b` images. Boxes are float32 `[b, k, 4]` in pixels of the
    original images, masks float32 in [0, 1]; class 0 marks padding.
  """
  scale = tf.tile(tf.cast(inputs.scale, tf.float32), [1, 2])
  boxes = _ordered(tf.cast(outputs['detection_boxes'], tf.float32))
  blank = (inputs.source_id == NO_IMAGE)[:, tf.newaxis]
  detections = {
    'source_ids': inputs.source_id,
    'original_sizes': inputs.original_size,
    'boxes': boxes / scale[:, tf.newaxis],
    'scores': tf.cast(outputs['detection_scores'], tf.float32),
    'classes': tf.where(blank, 0, outputs['detection_classes']),
  }
  if 'detection_masks' in outputs:
    masks = outputs['detection_masks']
    detections['masks'] = tf.cast(masks, tf.float32)
  return detections


def _ordered(boxes: tf.Tensor) -> tf.Tensor:
  """Empties the boxes that end before they begin.

  The published decoding subtracts a pixel, so a side may be as short as -1.
  """
  low, high = tf.split(boxes, 2, axis=-1)
  return tf.concat([low, tf.maximum(low, high)], axis=-1)
