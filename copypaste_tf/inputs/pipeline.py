"""Builds the input pipelines of a config for training and evaluation."""

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import tensorflow as tf
from official.core import config_definitions as cfg

from copypaste_tf.augment import options
from copypaste_tf.inputs import (
  batch_layout,
  buffers,
  composing,
  data_files,
  data_service,
  decode,
  faults,
  groups,
  host_part,
  object_roles,
  reader,
  record_sets,
  scene_batches,
)
from copypaste_tf.inputs.data_config import EvalData, TrainData
from copypaste_tf.records import streams


def train_dataset(
  data: TrainData,
  output_size: tuple[int, int],
  input_context: tf.distribute.InputContext | None = None,
  start_step: int = 0,
) -> tf.data.Dataset:
  """Returns endless batches for the training step.

  Args:
    data: config of the training inputs.
    output_size: height and width of the canvas in pixels.
    input_context: context of this worker; None means a single worker.
    start_step: training steps taken before; their examples are skipped.

  Returns:
    A dataset of `TrainScenes`, or of `RawScenes` to augment on the device.

  Raises:
    FileNotFoundError: a path matches no file.
    ValueError: a knob is out of its range, there are no records, or the record
      sets cannot share a batch.
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
  """Returns the pipeline of one machine, stage by stage.

  Args:
    data: config of the training inputs.
    output_size: height and width of the canvas in pixels.
    input_context: context of this worker.
    start_step: training steps taken before.
    **augment_options: see `reader.train_batches`.

  Returns:
    Datasets by the name of their last stage, in order. Training reads the last
    one.
  """
  part = _part(data, input_context, start_step)
  size = batch_layout.group_size(data, part.batch_size, part.replicas)
  layout = batch_layout.layout(data, size)
  ahead = buffers.ahead(data)
  stages = {
    name: _zipped(streams)
    for name, streams in groups.scene_stages(
      data, part, layout, ahead.calls
    ).items()
  }
  stages |= groups.pair_stage(stages['batch'], data, part, layout)
  *_, scenes = stages.values()
  stages['seed'] = scene_batches.seeded(
    scenes, data.seed, first=part.next_batch, every=part.hosts
  )
  if data.augment_on == 'host':
    stages['augment'] = reader.train_batches(
      stages['seed'],
      ahead=ahead,
      output_size=output_size,
      **augment_knobs(data),
      **augment_options,
    )
    stages['augment'] = stages['augment'].prefetch(1)
  else:
    raw = stages['seed']
    stages['seed'] = raw.prefetch(ahead.batches(raw.element_spec))
  options = tf.data.Options()
  options.deterministic = data.deterministic
  return {
    name: streams.untuned(stage).with_options(options)
    for name, stage in stages.items()
  }


def augment_knobs(data: TrainData) -> dict[str, Any]:
  """Returns the keyword arguments of `augment.augment`, except the sizes.

  Args:
    data: config of the training inputs.

  Raises:
    ValueError: there is no such composition, or it has no such option.
  """
  return {
    'max_instances': data.max_instances,
    'max_ignored': data.max_ignored,
    'jitter': _jitter(data.jitter),
    'source_jitter': _jitter(data.source_jitter),
    'composition': composing.composition(data),
    'dtype': tf.as_dtype(data.dtype),
  }


def eval_dataset(
  data: EvalData,
  output_size: tuple[int, int],
  input_context: tf.distribute.InputContext | None = None,
) -> tf.data.Dataset:
  """Returns batches of `EvalScenes`, every image once.

  Args:
    data: config of the evaluation inputs.
    output_size: height and width of the canvas in pixels.
    input_context: context of this worker, which reads a part of the images.

  Raises:
    FileNotFoundError: a path matches no file.
  """
  return reader.eval_batches(
    data_files.expand(data.input_path),
    host_part.from_context(data.global_batch_size, input_context).batch_size,
    output_size=output_size,
    dtype=tf.as_dtype(data.dtype),
    half_pixel_centers=data.half_pixel_centers,
    input_context=input_context,
  )


def find_fault(data: TrainData) -> str | None:
  """Names the first training record that does not decode, or None."""
  for record_set in record_sets.resolve(data):
    read = functools.partial(
      decode.decode_scene,
      scores=object_roles.score_limits(data, record_set),
      **groups.limits(data),
    )
    if fault := faults.find(data_files.expand(record_set.path), read):
      return fault
  return None


@contextlib.contextmanager
def input_errors(data: TrainData) -> Iterator[None]:
  """Names the record that caused an error of the input pipeline.

  Args:
    data: config of the training inputs.

  Raises:
    ValueError: a record does not decode. Other errors are raised unchanged.
  """
  try:
    yield
  except (tf.errors.InvalidArgumentError, tf.errors.DataLossError) as error:
    fault = find_fault(data)
    if fault is None:
      raise
    raise ValueError(f'A training record does not decode. {fault}') from error


def num_replicas(params: cfg.ExperimentConfig) -> int:
  """Returns the number of replicas on this machine; 1 for TPUs."""
  if params.runtime.num_gpus >= 0:
    return max(params.runtime.num_gpus, 1)
  if params.runtime.distribution_strategy in ('off', 'one_device', 'tpu'):
    return 1
  return max(len(tf.config.list_physical_devices('GPU')), 1)


def _part(data, input_context=None, start_step=0) -> host_part.HostPart:
  part = host_part.from_context(
    data.global_batch_size, input_context, start_step
  )
  return part.of_all_hosts() if data.data_service else part


def _zipped(streams):
  return streams[0] if len(streams) == 1 else tf.data.Dataset.zip(*streams)


def _jitter(config) -> options.ScaleJitter | None:
  return None if config is None else options.ScaleJitter(**config.as_dict())
