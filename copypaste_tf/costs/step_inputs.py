"""Makes the batch on which a step is measured."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from copypaste_tf import examples
from copypaste_tf.examples import RawScenes, Scenes
from copypaste_tf.inputs import (
  data_files,
  object_roles,
  pipeline,
  record_sets,
)
from copypaste_tf.inputs.data_config import EvalData, TrainData
from copypaste_tf.inputs.decode import EvalScenes


class Inputs(NamedTuple):
  """A batch, and where it comes from: a text such as `random scenes`."""

  batch: Any
  origin: str


def train_inputs(
  read: Callable[[TrainData], tf.data.Dataset],
  data: TrainData,
  *,
  batch: int,
  objects: int,
  num_classes: int,
) -> Inputs:
  """Returns a batch before its augmentation.

  Args:
    read: returns the batches of a config, as a task does.
    data: config of the training inputs. If its records exist, the first batch
      is read from them.
    batch: number of images.
    objects: objects of each random image, if there are no records.
    num_classes: largest category id plus one.

  Returns:
    Inputs whose batch is `RawScenes`.
  """
  patterns = record_sets.patterns(data)
  if _exist(patterns):
    local = data.replace(
      global_batch_size=batch, augment_on='device', data_service=''
    )
    with pipeline.input_errors(local):
      return Inputs(next(iter(read(local))), f'the first batch of {patterns}')
  if data.class_maps:  # Each object is the region of another class.
    data = data.replace(num_planes=1, masks=True)
    objects = min(objects, num_classes)
  targets = random_scenes(
    data, batch=batch, objects=objects, num_classes=num_classes
  )
  return Inputs(
    RawScenes(targets, None, tf.constant([data.seed, 0], tf.int32)),
    f'random scenes, {objects} objects an image',
  )


def random_scenes(
  data: TrainData, *, batch: int, objects: int, num_classes: int, seed: int = 0
) -> Scenes:
  """Makes scenes of rectangular objects, with the static shapes of a config.

  Args:
    data: config of the training inputs.
    batch: number of images.
    objects: objects of each image, at most `max_source_instances`.
    num_classes: largest category id plus one.
    seed: seed of places, classes and colours.

  Raises:
    ValueError: there are more objects than the config has room for.
  """
  size, room = tuple(data.source_size), data.max_source_instances
  planes = data.planes_read()
  if planes:  # Boxes alone need no room in a plane.
    room = min(room, planes * (examples.IDS_PER_PLANE - 1))
  if not 0 <= objects <= room:
    raise ValueError(
      f'--objects: this config has room for 0 to {room} objects, got {objects}'
    )
  rng = np.random.default_rng(seed)
  count = data.max_source_instances
  boxes = np.zeros([batch, count, 4], np.float32)
  boxes[:, :objects] = _boxes(rng, (batch, objects), size)
  present = np.arange(count) < objects
  number = np.arange(count)
  plane, value = number % max(planes, 1), 1 + number // max(planes, 1)
  ids = np.where(present, plane * examples.IDS_PER_PLANE + value, 0)
  classes = rng.integers(1, max(num_classes, 2), [batch, count])
  scenes = Scenes(
    image=rng.integers(0, 256, [batch, *size, 3], np.uint8),
    planes=_planes(boxes[:, :objects], plane, value, planes, size),
    size=np.tile(np.int32(size), [batch, 1]),
    boxes=boxes,
    classes=np.where(present, classes, 0).astype(np.int32),
    ids=np.tile(ids.astype(np.int32), [batch, 1]),
    crowd=np.zeros([batch, count], bool),
    source_id=np.arange(batch, dtype=np.int64),
    shrunk=np.zeros([batch], bool),
  )
  if record_sets.are_told_apart(data):
    numbers = np.arange(batch, dtype=np.int32)
    scenes = scenes._replace(sets=numbers % len(record_sets.resolve(data)))
  if object_roles.ignored_kinds(data):
    scenes = scenes._replace(ignored=np.zeros([batch, count], bool))
  return tf.nest.map_structure(tf.constant, scenes)


def _boxes(rng, shape, size) -> np.ndarray:
  """Draws boxes of a tenth to a third of each side, in whole pixels."""
  sides = rng.uniform(0.1, 0.33, [*shape, 2])
  start = rng.uniform(0, 1 - sides)
  box = np.concatenate([start, start + sides], axis=-1) * np.tile(size, 2)
  return np.round(box)


def _planes(boxes, plane, value, num_planes, size) -> np.ndarray:
  """Draws the rectangles into the planes; later ones cover earlier ones."""
  planes = np.zeros([len(boxes), num_planes, *size], np.uint8)
  if not num_planes:  # Boxes alone.
    return planes
  for image, of_image in zip(planes, boxes.astype(int), strict=True):
    for i, (ymin, xmin, ymax, xmax) in enumerate(of_image):
      image[plane[i], ymin:ymax, xmin:xmax] = value[i]
  return planes


def eval_inputs(
  read: Callable[[EvalData], tf.data.Dataset],
  data: EvalData,
  output_size: tuple[int, int],
  *,
  batch: int,
) -> Inputs:
  """Returns a batch of `EvalScenes` to detect on.

  Args:
    read: returns the batches of a config, as a task does.
    data: config of the evaluation inputs; see `train_inputs`.
    output_size: height and width of the images in pixels.
    batch: number of images.
  """
  if _exist(data.input_path):
    scenes = next(iter(read(data.replace(global_batch_size=batch))))
    return Inputs(scenes, f'the first batch of {data.input_path}')
  pixels = np.random.default_rng(0).standard_normal([batch, *output_size, 3])
  size = tf.tile([output_size], [batch, 1])
  scenes = EvalScenes(
    image=tf.cast(pixels, data.dtype),
    size=size,
    original_size=size,
    scale=tf.ones([batch, 2]),
    source_id=tf.range(batch, dtype=tf.int64),
  )
  return Inputs(scenes, 'random pixels')


def _exist(patterns: str) -> bool:
  """Tells whether a config names records, and all of its patterns match."""
  try:
    return bool(data_files.expand(patterns))
  except FileNotFoundError:
    return False
