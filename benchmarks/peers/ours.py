"""This package's op and input pipeline."""

import pathlib

import tensorflow as tf

import copypaste_tf
from benchmarks.peers import tensorflow_pipeline, timing
from benchmarks.peers.invariants import Outcome
from copypaste_tf import augment
from copypaste_tf.inputs import pipeline
from copypaste_tf.inputs.data_config import CopyPaste, TrainData

_PLANES = 16
clock = tensorflow_pipeline.clock


def version() -> str:
  return f'copypaste_tf {copypaste_tf.__version__}, TensorFlow {tf.__version__}'


class System:
  def __init__(self, setup, variant=''):
    del variant
    self._setup, self._draw = setup, 0
    self._work = pathlib.Path(setup.work)
    self._augment = tf.function(self._identity_jitter, jit_compile=True)

  def _identity_jitter(self, targets, sources, seed):
    size = self._setup.canvas, self._setup.canvas
    examples = augment.augment(
      targets,
      seed,
      sources=sources,
      output_size=size,
      max_instances=self._setup.max_instances,
      jitter=augment.ScaleJitter(1.0, 1.0, flip_probability=0.0),
      copy_paste=augment.CopyPaste(),
      normalize=False,
    )
    return examples, augment.instance_masks(examples)

  def _scene(self, scene):
    size = self._setup.canvas, self._setup.canvas
    made = augment.from_masks(
      scene.image,
      scene.masks,
      classes=scene.classes,
      source_id=int(scene.classes[0]),
      source_size=size,
      max_instances=1024,
      num_planes=_PLANES,
    )
    return tf.nest.map_structure(lambda x: x[tf.newaxis], made)

  def paste(self, target, source) -> Outcome:
    self._draw += 1
    seed = tf.constant([self._setup.seed, self._draw])
    scenes = self._scene(target), self._scene(source)
    examples, masks = self._augment(*scenes, seed)
    real = examples.classes[0] > 0
    return Outcome(
      share=examples.image[0, ..., 0].numpy() / 255,
      classes=examples.classes[0][real].numpy(),
      boxes=examples.boxes[0][real].numpy()[:, [1, 0, 3, 2]],
      masks=masks[0][real].numpy(),
      areas=examples.areas[0][real].numpy(),
    )

  def pipeline(self, copy_paste) -> tensorflow_pipeline.Take:
    data = TrainData(
      input_path=tensorflow_pipeline.records(self._work),
      global_batch_size=timing.BATCH,
      shuffle_buffer_size=256,
      max_instances=self._setup.max_instances,
      copy_paste=CopyPaste() if copy_paste else None,
      seed=self._setup.seed,
    )
    dataset = pipeline.train_dataset(data, (self._setup.canvas,) * 2)
    return tensorflow_pipeline.taking(dataset)

  def decoding(self) -> tensorflow_pipeline.Take:
    return tensorflow_pipeline.decoding(self._work)
