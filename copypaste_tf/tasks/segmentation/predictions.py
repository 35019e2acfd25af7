"""Scores of an image, at one scale or averaged over several."""

from collections.abc import Callable, Sequence

import tensorflow as tf

from copypaste_tf.inputs.decode import EvalScenes
from copypaste_tf.tasks.segmentation.config import SegmentationConfig

Scorer = Callable[[tf.Tensor], tf.Tensor]
"""Maps `[b, h, w, 3]` images to `[b, h / 4, w / 4, k]` float32 logits."""


def predictions(
  config: SegmentationConfig, scorer: Scorer, inputs: EvalScenes
) -> dict[str, tf.Tensor]:
  """Returns the arguments of `MiouEvaluator.add`.

  Args:
    config: config of the task.
    scorer: the model at inference.
    inputs: the batch of `b` images.

  Returns:
    `source_ids` `[b]` int64; `original_sizes` and `sizes` `[b, 2]` int32;
    `scores` `[b, h / 4, w / 4, k]` float32 logits; and, if the config averages
    over scales or flips, `multi_scores` of the same shape, in [0, 1].
  """
  outputs = {
    'source_ids': inputs.source_id,
    'original_sizes': inputs.original_size,
    'sizes': inputs.size,
    'scores': scorer(inputs.image),
  }
  if config.eval_scales or config.eval_flip:
    outputs['multi_scores'] = averaged(
      scorer,
      inputs.image,
      scales=tuple(config.eval_scales) or (1.0,),
      flip=config.eval_flip,
      multiple=2**config.model.max_level,
    )
  return outputs


def averaged(
  scorer: Scorer,
  images: tf.Tensor,
  *,
  scales: Sequence[float],
  flip: bool,
  multiple: int,
) -> tf.Tensor:
  """Averages the probabilities of the classes over scales and mirror images.

  Args:
    scorer: the model at inference.
    images: `[b, h, w, 3]` float32 or bfloat16, of static size.
    scales: factors of the size of the canvas, above 0.
    flip: also score the mirrored canvas.
    multiple: the model takes sides that are multiples of this.

  Returns:
    `[b, h / 4, w / 4, k]` float32 in [0, 1], at the cells of the canvas.
  """
  height, width = images.shape[1:3]
  found = []
  for scale in scales:
    size = [
      max(round(scale * side / multiple), 1) * multiple
      for side in (height, width)
    ]
    scaled = tf.cast(tf.image.resize(images, size), images.dtype)
    found.append(tf.nn.softmax(scorer(scaled)))
    if flip:
      mirrored = tf.nn.softmax(scorer(tf.reverse(scaled, [2])))
      found.append(tf.reverse(mirrored, [2]))
  cells = [height // 4, width // 4]
  resized = [tf.image.resize(x, cells) for x in found]
  return tf.add_n(resized) / len(resized)
