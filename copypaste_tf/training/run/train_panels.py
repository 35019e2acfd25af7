"""Writes pictures of training batches to TensorBoard."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from copypaste_tf import augment, drawing
from copypaste_tf.console import saying
from copypaste_tf.drawing import scene_masks
from copypaste_tf.examples import TrainScenes
from copypaste_tf.inputs import (
  batch_layout,
  data_config,
  data_files,
  pipeline,
  record_sets,
)

_PANEL_IMAGES = 4
_LEAST_SIDE = 384  # Pixels; smaller images are enlarged for their captions.
_FEWEST = 4  # Panels of a run, so that even a short one shows several steps.


class Panels:
  """Writes training images with their labels to TensorBoard at intervals."""

  def __init__(
    self,
    model_dir: str,
    data: data_config.TrainData,
    output_size: tuple[int, int],
    *,
    every: int,
    train_steps: int,
    global_step: tf.Variable,
  ):
    """Draws the first panel.

    Args:
      model_dir: folder of the run.
      data: config of the training inputs.
      output_size: height and width of the canvas in pixels.
      every: steps between panels, at most; a short run has at least a few.
      train_steps: steps of the whole run.
      global_step: step counter of the trainer.
    """
    panel_data = batch_layout.with_batch_size(data, _PANEL_IMAGES).replace(
      shuffle_buffer_size=8 * _PANEL_IMAGES,
      augment_on='host',
      data_service='',
      prefetch_mib=1,  # Prefetches the minimum: a panel is seldom drawn.
      # A resumed run shows other images than its start did.
      seed=data.seed + int(global_step.numpy()),
    )
    self._batches = iter(pipeline.train_dataset(panel_data, output_size))
    self._names = data_files.label_map(record_sets.patterns(data))
    self._sets = record_sets.names(data)
    folder = os.path.join(model_dir, 'train')
    self._writer = tf.summary.create_file_writer(folder)
    self._every = max(min(every, train_steps // (_FEWEST - 1)), 1)
    self._step = global_step
    self._next = int(global_step.numpy())
    self({})

  def __call__(self, output: Mapping[str, Any]) -> None:
    """Draws a panel if it is due; an Orbit train action."""
    del output
    step = int(self._step.numpy())
    if step < self._next:
      return
    self._next = step + self._every
    with saying('drawing a training batch for TensorBoard'):
      panel = draw_batch(next(self._batches), self._names, self._sets)
    with self._writer.as_default(), tf.summary.record_if(True):
      tf.summary.image('training_batch', panel[np.newaxis], step=step)
    self._writer.flush()


def draw_batch(
  scenes: TrainScenes, names: Mapping[int, str], sets: Sequence[str] = ()
) -> np.ndarray:
  """Draws a batch of training examples with their labels, in two columns.

  Args:
    scenes: `b` training examples with normalised images.
    names: class names by category id. Ids without a name are shown as numbers.
    sets: names of the record sets. If the examples tell their sets, each has a
      frame in the colour of its set, with the name.

  Returns:
    `[h, w, 3]` uint8; small images are enlarged, and pasted objects are
    captioned with a `+`.
  """
  images = augment.denormalize(scenes.image).numpy()
  arrays = tf.nest.map_structure(np.asarray, scenes._replace(image=images))
  return drawing.tile(
    [_draw_example(arrays, i, names, sets) for i in range(len(images))],
    columns=2,
  )


def _draw_example(scenes: TrainScenes, row: int, names, sets) -> np.ndarray:
  scene = tf.nest.map_structure(lambda field: field[row], scenes)
  present = np.flatnonzero(scene.classes)
  classes = scene.classes[present]
  captions = [
    '+' * bool(pasted) + names.get(int(c), str(c))
    for c, pasted in zip(classes, scene.pasted[present], strict=True)
  ]
  boxes = scene.boxes[present]
  masks = scene_masks.masks_of(scene, present)
  colors = drawing.instance_colors(classes)
  if len(scene.sets):
    number = int(scene.sets[0])
    boxes = np.concatenate([boxes, [[0, 0, *scene.image.shape[:2]]]])
    if masks is not None:
      masks.append(np.zeros(scene.image.shape[:2], bool))
    captions.append(sets[number])
    colors = [*colors, drawing.class_colors([number + 1])[0]]
  return drawing.draw_instances(
    scene.image,
    boxes,
    masks,
    captions,
    colors,
    scale=max(_LEAST_SIDE / max(scene.image.shape[:2]), 1.0),
  )
