"""The input pipelines of a config, for training, drawing and benchmarks."""

import contextlib
from collections.abc import Iterator
from typing import Any

import tensorflow as tf
from official.core import config_definitions as cfg

from copypaste_tf.augment import options
from copypaste_tf.inputs import (
  data_files,
  data_service,
  decode,
  faults,
  host_part,
  raw,
  reader,
)
from copypaste_tf.inputs.data_config import EvalData, TrainData


def train_dataset(
  data: TrainData,
  output_size: tuple[int, int],
  input_context: tf.distribute.InputContext | None = None,
  start_step: int = 0,
) -> tf.data.Dataset:
  """Returns endless batches of what the training step takes.

  Args:
    data: the config of the training inputs.
    output_size: height and width of the canvas in pixels.
    input_context: this worker's part of the global batch.
    start_step: steps taken before, whose examples are left out.

  Returns:
    A dataset of `TrainScenes`, or of `RawScenes` to augment on the device.

  Raises:
    FileNotFoundError: a path matches no file.
    ValueError: a knob is out of its range, or there are no records.
  """
  stages = train_stages(data, output_size, input_context, start_step)
  *_, dataset = stages.values()
  if not data.data_service:
    return dataset
  part = _part(data, input_context, start_step)
  job = data_service.job_name(
    data.data_service_job, data.as_dict(), output_size, part
  )
  return data_service.distribute(dataset, data.data_service, job)


def train_stages(
  data: TrainData,
  output_size: tuple[int, int],
  input_context: tf.distribute.InputContext | None = None,
  start_step: int = 0,
  **augment_options: bool,
) -> dict[str, tf.data.Dataset]:
  """Returns the pipeline of one machine as it grows, stage by stage.

  Args:
    data: see `train_dataset`, as the others.
    output_size: height and width of the canvas in pixels.
    input_context: this worker's part of the global batch.
    start_step: steps taken before.
    **augment_options: see `reader.train_batches`.

  Returns:
    Datasets by the name of their last stage, each made of the one before. The
    last is what is trained on.
  """
  part = _part(data, input_context, start_step)
  stages = {
    name: _zipped(streams)
    for name, streams in _scene_stages(data, part).items()
  }
  pool = _pool_size(data, part)
  if pool > 1:
    stages['pair'] = _paired(stages['batch'], data, part, pool)
  *_, scenes = stages.values()
  stages['seed'] = raw.raw_batches(
    scenes, data.seed, first=part.first_number, every=part.hosts
  )
  if data.augment_on == 'host':
    stages['augment'] = reader.train_batches(
      stages['seed'],
      output_size=output_size,
      **augment_knobs(data),
      **augment_options,
    )
  *_, last = stages
  stages[last] = stages[last].prefetch(tf.data.AUTOTUNE)
  options = tf.data.Options()
  options.deterministic = data.deterministic
  return {name: made.with_options(options) for name, made in stages.items()}


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
    host_part.of(data.global_batch_size, input_context).batch_size,
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


@contextlib.contextmanager
def input_errors(data: TrainData) -> Iterator[None]:
  """Names the record behind an error of the input pipeline.

  Args:
    data: the config of the training inputs.

  Raises:
    ValueError: a record does not decode; errors of something else stay.
  """
  try:
    yield
  except (tf.errors.InvalidArgumentError, tf.errors.DataLossError) as error:
    fault = find_fault(data)
    if fault is None:
      raise
    raise ValueError(f'A training record does not decode. {fault}') from error


def num_replicas(params: cfg.ExperimentConfig) -> int:
  """Returns the replicas on this machine; 1 where TPUs are not counted."""
  if params.runtime.num_gpus >= 0:
    return max(params.runtime.num_gpus, 1)
  if params.runtime.distribution_strategy in ('off', 'one_device', 'tpu'):
    return 1
  return max(len(tf.config.list_physical_devices('GPU')), 1)


def _part(data, input_context=None, start_step=0) -> host_part.HostPart:
  part = host_part.of(data.global_batch_size, input_context, start_step)
  return part.of_service() if data.data_service else part


def _scene_stages(data, part):
  """Returns `{stage: [targets, sources]}`; sources only if the config has."""
  streams = [(data.input_path, data.seed)]
  if _has_sources(data):
    streams.append((data.source_input_path, data.seed + 1))
  done = part.done - part.done % _pool_size(data, part)
  read = [
    host_part.records(data, patterns, seed, part, done)
    for patterns, seed in streams
  ]
  decoded = [reader.scenes(records, **_limits(data)) for records in read]
  batched = [
    scenes.batch(part.batch_size, drop_remainder=True) for scenes in decoded
  ]
  return {'read': read, 'decode': decoded, 'batch': batched}


def _has_sources(data) -> bool:
  return data.copy_paste is not None and bool(data.source_input_path)


def _pool_size(data, part) -> int:
  """Returns how many batches are paired together before they are split.

  A replica that gets one image at a time cannot pair it, so the images of all
  replicas of the worker are paired, at least two.
  """
  alone = part.batch_size == 1 and not _has_sources(data)
  return max(part.replicas, 2) if alone and data.copy_paste is not None else 1


def _paired(scenes, data, part, size):
  """Pairs within pools; a run may have stopped in the middle of one."""
  pools, begun = divmod(part.done, size)
  paired = raw.paired_batches(
    # Without remainders: XLA needs to know how many there are.
    scenes.rebatch(size, drop_remainder=True),
    data.seed,
    first=part.number(pools),
    every=part.hosts,
  )
  return paired.rebatch(part.batch_size, drop_remainder=True).skip(begun)


def _zipped(streams):
  return streams[0] if len(streams) == 1 else tf.data.Dataset.zip(*streams)


def _limits(data: TrainData) -> dict:
  return {
    'source_size': tuple(data.source_size),
    'max_instances': data.max_source_instances,
    'num_planes': data.num_planes,
  }


def _jitter(config) -> options.ScaleJitter | None:
  return None if config is None else options.ScaleJitter(**config.as_dict())
