"""The input pipelines of a config, for training, drawing and benchmarks."""

from typing import Any

import tensorflow as tf
from official.core import config_definitions as cfg

from copypaste_tf.augment import options
from copypaste_tf.inputs import decode, faults, raw, reader
from copypaste_tf.training import data_files
from copypaste_tf.training.data_config import EvalData, TrainData


def train_dataset(
  data: TrainData,
  output_size: tuple[int, int],
  input_context: tf.distribute.InputContext | None = None,
) -> tf.data.Dataset:
  """Returns endless batches of `TrainScenes`.

  Args:
    data: the config of the training inputs.
    output_size: height and width of the canvas in pixels.
    input_context: this worker's part of the global batch.

  Raises:
    FileNotFoundError: a path matches no file.
    ValueError: a knob is out of its range.
  """
  return reader.train_batches(
    _batches(data, input_context),
    data.seed,
    output_size=output_size,
    **augment_knobs(data),
  )


def raw_batches(
  data: TrainData, input_context: tf.distribute.InputContext | None = None
) -> tf.data.Dataset:
  """Returns endless batches of `RawScenes`, to be augmented on the device.

  Args:
    data: the config of the training inputs.
    input_context: this worker's part of the global batch.

  Raises:
    FileNotFoundError: a path matches no file.
  """
  batches = raw.raw_batches(_batches(data, input_context), data.seed)
  return batches.prefetch(tf.data.AUTOTUNE)


def scene_batches(
  data: TrainData, input_context: tf.distribute.InputContext | None = None
) -> tuple[tf.data.Dataset, tf.data.Dataset | None]:
  """Returns endless batches of `Scenes`, as they are read.

  Args:
    data: the config of the training inputs.
    input_context: this worker's part of the global batch.

  Returns:
    The targets, and the separate sources if the config has some.
  """
  batch_size = _batch_size(data, input_context)
  sources = None
  if data.copy_paste is not None and data.source_input_path:
    sources = _scenes(
      data.source_input_path, data, batch_size, data.seed + 1, input_context
    )
  targets = _scenes(data.input_path, data, batch_size, data.seed, input_context)
  return targets, sources


def augment_knobs(data: TrainData) -> dict[str, Any]:
  """Returns the keyword arguments of `augment.augment`, but the sizes."""
  paste = None
  if data.copy_paste is not None:
    paste = options.CopyPaste(**data.copy_paste.as_dict())
  return {
    'max_instances': data.max_instances,
    'jitter': _jitter(data.jitter),
    'source_jitter': _jitter(data.source_jitter),
    'copy_paste': paste,
    'dtype': tf.as_dtype(data.dtype),
  }


def eval_dataset(
  data: EvalData,
  output_size: tuple[int, int],
  input_context: tf.distribute.InputContext | None = None,
) -> tf.data.Dataset:
  """Returns batches of `EvalScenes`, every image once.

  Args:
    data: the config of the evaluation inputs.
    output_size: height and width of the canvas in pixels.
    input_context: this worker's part of the images.

  Raises:
    FileNotFoundError: a path matches no file.
  """
  return reader.eval_batches(
    data_files.expand(data.input_path),
    _batch_size(data, input_context),
    output_size=output_size,
    dtype=tf.as_dtype(data.dtype),
    half_pixel_centers=data.half_pixel_centers,
    input_context=input_context,
  )


def find_fault(data: TrainData) -> str | None:
  """Names the first training record that does not decode, or None."""
  paths = data_files.expand(data.input_path)
  if data.source_input_path:
    paths += data_files.expand(data.source_input_path)
  return faults.find(
    paths, lambda record: decode.decode_scene(record, **_limits(data))
  )


def num_replicas(params: cfg.ExperimentConfig) -> int:
  """Returns the replicas on this machine; 1 where TPUs are not counted."""
  if params.runtime.num_gpus >= 0:
    return max(params.runtime.num_gpus, 1)
  if params.runtime.distribution_strategy in ('off', 'one_device', 'tpu'):
    return 1
  return max(len(tf.config.list_physical_devices('GPU')), 1)


def _batches(data, input_context) -> tf.data.Dataset:
  """Returns batches of scenes, or of targets and sources.

  A replica that gets one image at a time cannot pair it, so the images of all
  replicas of the worker are paired, at least two, before they are split.
  """
  targets, sources = scene_batches(data, input_context)
  if sources is not None:
    return tf.data.Dataset.zip(targets, sources)
  batch_size = _batch_size(data, input_context)
  if data.copy_paste is None or batch_size > 1:
    return targets
  # Without remainders: XLA needs to know how many there are.
  pools = targets.rebatch(max(_replicas(input_context), 2), drop_remainder=True)
  pairs = raw.paired_batches(pools, data.seed)
  return pairs.rebatch(batch_size, drop_remainder=True)


def _scenes(patterns, data, batch_size, seed, input_context):
  records = reader.shuffled_records(
    data_files.expand(patterns),
    seed,
    shuffle_buffer_size=data.shuffle_buffer_size,
    cycle_length=data.cycle_length,
    input_context=input_context,
  )
  return reader.scene_batches(records, batch_size, **_limits(data))


def _limits(data: TrainData) -> dict:
  return {
    'source_size': tuple(data.source_size),
    'max_instances': data.max_source_instances,
    'num_planes': data.num_planes,
  }


def _jitter(config) -> options.ScaleJitter | None:
  return None if config is None else options.ScaleJitter(**config.as_dict())


def _batch_size(data, input_context) -> int:
  if input_context is None:
    return data.global_batch_size
  return input_context.get_per_replica_batch_size(data.global_batch_size)


def _replicas(input_context) -> int:
  """Returns the number of replicas that a worker feeds."""
  if input_context is None:
    return 1
  return input_context.num_replicas_in_sync // input_context.num_input_pipelines
