"""Declares the dataclasses that configure the inputs of a run.

They are a part of Model Garden's `ExperimentConfig`
(`task.train_data.global_batch_size`); `training.config.experiment` makes them
gin configurables (`TrainData.global_batch_size = 64`).
"""

import dataclasses
from collections.abc import Sequence

from official.modeling import hyperparams

from copypaste_tf.augment import options

# Where class maps come from; see `TrainData.class_maps`.
CLASS_MAP_SOURCES = ENCODED, OBJECTS = ('encoded', 'objects')


@dataclasses.dataclass
class ScaleJitter(options.ScaleJitter, hyperparams.Config):
  """The config of `augment.options.ScaleJitter`, which documents it."""


@dataclasses.dataclass
class CopyPaste(options.CopyPaste, hyperparams.Config):
  """The config of `augment.options.CopyPaste`, which documents it.

  Attributes:
    class_weight_power: power p of class weights `(1 / n)^p`, at least 0, where
      n is the number of objects of the class in the records that are pasted
      from; their manifests tell it. 1 makes all classes about equally often
      the next one to be pasted from an image that has them; 0 is off. It takes
      the place of `class_weights`.
  """

  class_weight_power: float = 0.0


@dataclasses.dataclass
class RecordSet(hyperparams.Config):
  """Records that are read as one stream, with an order and epochs of their own.

  Attributes:
    path: TFRecords of the set: paths or glob patterns, several separated by
      commas.
    share: fraction of each replica's batch that the set fills, in [0, 1]; the
      shares of all sets add up to 1, and each makes a whole number of images.
      A set with a share of 0 is not trained on but only pasted from.
    paste_into: objects may be pasted into images of this set.
    pasted_from: objects of this set may be pasted into other images.
    loss_weight: factor of the losses of this set's images and of its pasted
      objects, at least 0; only the ratio between the sets counts.
    min_score: minimum score of a label, in [0, 1]. Objects of records without
      scores have a score of 1.
    ignore_score: minimum score of an object that is ignored, so neither a label
      nor background, in [0, `min_score`); objects below it are not read. None
      ignores no object: what is below `min_score` is background.
    repeat_threshold: threshold of repeat factor sampling, a fraction of the
      images in [0, 1]. If a class occurs in a smaller fraction f of the images,
      its images are repeated `sqrt(repeat_threshold / f)` times in an epoch.
      0.001 in LVIS; 0 repeats none.
    name: name in TensorBoard and in messages; empty means the number of the
      set, from 0.
  """

  path: str = ''
  share: float = 1.0
  paste_into: bool = True
  pasted_from: bool = True
  loss_weight: float = 1.0
  min_score: float = 0.0
  ignore_score: float | None = None
  repeat_threshold: float = 0.0
  name: str = ''


@dataclasses.dataclass
class TrainData(hyperparams.Config):
  """Training inputs: the records to read and the augmentation of their images.

  Attributes:
    input_path: TFRecords to train on: paths or glob patterns, several
      separated by commas. The short form of one set.
    source_input_path: TFRecords to paste from; empty pairs the images of a
      batch with one another.
    repeat_threshold: threshold of repeat factor sampling, in [0, 1]; see
      `RecordSet`. 0 repeats none.
    source_repeat_threshold: the threshold for `source_input_path`; None means
      `repeat_threshold`.
    sets: record sets that share each batch, in place of the two paths and
      thresholds; empty means the short form.
    global_batch_size: images of a step, over all replicas.
    source_size: height and width in pixels to which decoded images are
      padded; larger images are shrunk to fit.
    max_instances: largest number of labels of a training example.
    max_source_instances: largest number of objects read from an image.
    num_planes: largest number of id planes read from an image.
    masks: read the masks of objects. False trains on boxes alone: records need
      no masks, the model no mask head, and nothing can be pasted.
    ignore: kinds of objects that are neither labels nor background, out of
      `crowd` and `difficult`. By default crowds are background, as published,
      and difficult objects are labels.
    max_ignored: largest number of ignored objects of a training example; of
      more objects, the smallest become background.
    shuffle_buffer_size: serialized records in the shuffle buffer of each set.
    cycle_length: files of a set that are read at the same time.
    prefetch_mib: memory in MiB for batches that are prefetched: at least two
      batches, and at most one more than there are cores.
    jitter: flip, scale and crop of the images.
    source_jitter: jitter of the images pasted from; None means `jitter`.
    copy_paste: options of Copy-Paste; None trains without it.
    composition: another way to compose the images of a pair: its name in
      `augment.compositions`, perhaps with options, such as
      `copy_paste(subset='one')`; empty means the field `copy_paste`.
    seed: seed of the order of the records, of the initial weights and of every
      random draw.
    deterministic: the order of the records depends on the seed alone; False
      takes them as they get ready.
    data_service: dispatcher of a tf.data service whose workers make the
      batches, `grpc://host:port`; empty reads on this machine.
    data_service_job: runs with the same data and the same name share the
      batches of a service; each batch goes to one host.
    dtype: dtype of the images, `float32` or `bfloat16`.
    augment_on: `host` augments in the input pipeline; `device` sends decoded
      uint8 images and their id planes to the accelerator and augments there,
      with the same result.
    class_maps: class maps in place of objects, for semantic segmentation:
      `encoded` reads those of the records, `objects` draws the masks of the
      objects, later ones over earlier ones; empty reads objects.
  """

  input_path: str = ''
  source_input_path: str = ''
  repeat_threshold: float = 0.0
  source_repeat_threshold: float | None = None
  sets: list[RecordSet] = dataclasses.field(default_factory=list)
  global_batch_size: int = 256
  source_size: Sequence[int] = (640, 640)
  max_instances: int = 100
  max_source_instances: int = 100
  num_planes: int = 8
  masks: bool = True
  ignore: Sequence[str] = ()
  max_ignored: int = 20
  shuffle_buffer_size: int = 10_000
  cycle_length: int = 16
  prefetch_mib: int = 1024
  jitter: ScaleJitter = dataclasses.field(default_factory=ScaleJitter)
  source_jitter: ScaleJitter | None = None
  copy_paste: CopyPaste | None = None
  composition: str = ''
  seed: int = 0
  deterministic: bool = True
  data_service: str = ''
  data_service_job: str = 'copypaste_tf'
  dtype: str = 'float32'
  augment_on: str = 'host'
  class_maps: str = ''

  def planes_read(self) -> int:
    """Returns the number of id planes of a scene; 0 for boxes alone."""
    return self.num_planes if self.masks else 0

  def composes(self) -> bool:
    """Returns True if two images make an example, as Copy-Paste does."""
    return self.copy_paste is not None or bool(self.composition)


@dataclasses.dataclass
class EvalData(hyperparams.Config):
  """Evaluation inputs: the records to read and the size of their batches.

  Attributes:
    input_path: TFRecords to evaluate on: paths or glob patterns, several
      separated by commas.
    global_batch_size: images of a step, over all replicas.
    dtype: dtype of the images, `float32` or `bfloat16`.
    half_pixel_centers: resize as in our training; False resizes as the
      published checkpoints expect it.
    class_maps: where the class maps to evaluate against come from; see
      `TrainData`.
  """

  input_path: str = ''
  global_batch_size: int = 8
  dtype: str = 'float32'
  half_pixel_centers: bool = True
  class_maps: str = ''
