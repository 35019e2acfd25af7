"""What a run reads, and how it jitters and pastes: the input dataclasses.

The dataclasses are a part of Model Garden's `ExperimentConfig`
(`task.train_data.global_batch_size`); `training.config.experiment` makes them
gin configurables (`TrainData.global_batch_size = 64`).
"""

import dataclasses
from collections.abc import Sequence

from official.modeling import hyperparams

from copypaste_tf.augment import options


@dataclasses.dataclass
class ScaleJitter(options.ScaleJitter, hyperparams.Config):
  """The config of `augment.options.ScaleJitter`, which documents it."""


@dataclasses.dataclass
class CopyPaste(options.CopyPaste, hyperparams.Config):
  """The config of `augment.options.CopyPaste`, which documents it."""


@dataclasses.dataclass
class TrainData(hyperparams.Config):
  """Training examples: which records, and what happens to them.

  Attributes:
    input_path: TFRecords to train on: paths or glob patterns, several
      separated by commas.
    source_input_path: TFRecords to paste from; empty means pairs within the
      batch.
    global_batch_size: images of a step, over all replicas.
    source_size: height and width in pixels to which decoded images are
      padded; larger images are shrunk to fit.
    max_instances: labels of a training example.
    max_source_instances: objects read from an image.
    num_planes: id planes read from an image.
    shuffle_buffer_size: serialized records to shuffle in.
    cycle_length: files read at the same time.
    jitter: flip, scale and crop of the images.
    source_jitter: the same for the images pasted from, where it differs.
    copy_paste: what is pasted; None trains without Copy-Paste.
    seed: of the order of the records, of the first weights and of every draw.
    deterministic: the order of the records depends on the seed alone; False
      takes them as they get ready.
    data_service: dispatcher of a tf.data service whose workers make the
      batches, `grpc://host:port`; empty means this machine.
    data_service_job: runs of the same data and the same name share the batches
      of a service, each going to one host.
    dtype: of the images, `float32` or `bfloat16`.
    augment_on: `host` augments in the input pipeline; `device` sends decoded
      uint8 images and their id planes to the accelerator and augments there,
      with the same result.
  """

  input_path: str = ''
  source_input_path: str = ''
  global_batch_size: int = 256
  source_size: Sequence[int] = (640, 640)
  max_instances: int = 100
  max_source_instances: int = 100
  num_planes: int = 8
  shuffle_buffer_size: int = 10_000
  cycle_length: int = 16
  jitter: ScaleJitter = dataclasses.field(default_factory=ScaleJitter)
  source_jitter: ScaleJitter | None = None
  copy_paste: CopyPaste | None = None
  seed: int = 0
  deterministic: bool = True
  data_service: str = ''
  data_service_job: str = 'copypaste_tf'
  dtype: str = 'float32'
  augment_on: str = 'host'


@dataclasses.dataclass
class EvalData(hyperparams.Config):
  """Evaluation images: which records, and how they are batched.

  Attributes:
    input_path: TFRecords to evaluate on: paths or glob patterns, several
      separated by commas.
    global_batch_size: images of a step, over all replicas.
    dtype: of the images, `float32` or `bfloat16`.
    half_pixel_centers: how images are resized: as our training does, or, if
      false, as the published checkpoints expect it.
  """

  input_path: str = ''
  global_batch_size: int = 8
  dtype: str = 'float32'
  half_pixel_centers: bool = True
