"""Measures the cost of an input pipeline with Copy-Paste and without.

The measured stages are those of `pipeline.train_stages`. Call `measure_costs`
and `measure_run` each in a process of its own.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from copypaste_tf.costs import measure
from copypaste_tf.examples import Features
from copypaste_tf.inputs import pipeline
from copypaste_tf.inputs.data_config import CopyPaste, TrainData
from copypaste_tf.training.run import memory

UNIT, PLAIN = 'decode_jpeg', 'op by op'
STAGE = 'stage/'
PLACES = ('host', 'device')


class Costs(NamedTuple):
  """The costs of the parts of a pipeline in one process.

  Attributes:
    samples: one sample per round, by name. `UNIT` only decodes the images.
      `STAGE + name` is the pipeline up to and including a stage; stages are in
      their order. `on host` is the whole pipeline with Copy-Paste. `on device`
      is the host's share of the work if the device augments. `off ...` are the
      same without Copy-Paste. `PLAIN` is `on host` without compilation.
    peak_mib: peak memory of all of them together.
  """

  samples: dict[str, list[measure.Sample]]
  peak_mib: float


class Run(NamedTuple):
  """Measurements of a long run of the config's own pipeline.

  Attributes:
    points: measurements at several moments.
    base_mib: memory before the run.
    peak_mib: peak memory.
  """

  points: list[measure.Point]
  base_mib: float
  peak_mib: float


def with_and_without(data: TrainData) -> tuple[TrainData, TrainData]:
  """Returns the config with Copy-Paste (its own or the default) and without."""
  local = data.replace(data_service='')
  on = local if local.composes() else local.replace(copy_paste=CopyPaste())
  return on, local.replace(copy_paste=None, composition='')


def workloads(
  data: TrainData, output_size: tuple[int, int]
) -> dict[str, measure.Workload]:
  """Returns the timed workloads by name; see `Costs.samples`.

  Args:
    data: config of the training inputs.
    output_size: height and width of the canvas in pixels.
  """
  size = data.global_batch_size
  on, off = with_and_without(data)
  stages = _stages(on, output_size, 'host')
  datasets = {STAGE + name: dataset for name, dataset in stages.items()}
  for place in PLACES:
    datasets[f'off {place}'] = _last(_stages(off, output_size, place))
  datasets[PLAIN] = _last(_stages(on, output_size, 'host', jit_compile=False))
  return {UNIT: _decoding(stages['read'])} | {
    name: measure.taking(in_batches(dataset, size), size)
    for name, dataset in datasets.items()
  }


def measure_costs(
  config: Mapping[str, Any],
  output_size: tuple[int, int],
  *,
  images: int,
  rounds: int,
) -> Costs:
  """Times the parts of a pipeline in turn.

  Args:
    config: a `TrainData` as a dict, which another process can receive.
    output_size: height and width of the canvas in pixels.
    images: images of each part in each round, rounded up to whole batches.
    rounds: number of rounds.

  Raises:
    ValueError: a record does not decode.
  """
  data = TrainData(config)
  images = math.ceil(images / data.global_batch_size) * data.global_batch_size
  with pipeline.input_errors(data):
    samples = measure.interleaved(
      workloads(data, output_size),
      images=images,
      rounds=rounds,
      progress=_print,
    )
    # The stages above include the pipelines with Copy-Paste.
    for place in PLACES:
      *_, name = _stages(data, output_size, place)
      samples[f'on {place}'] = samples[STAGE + name]
  return Costs(samples, memory.peak_mib())


def measure_run(
  config: Mapping[str, Any], output_size: tuple[int, int], *, batches: int
) -> Run:
  """Runs the unchanged pipeline of a config and measures its memory.

  Args:
    config: a `TrainData` as a dict.
    output_size: height and width of the canvas in pixels.
    batches: number of batches.

  Raises:
    ValueError: a record does not decode.
  """
  data = TrainData(config).replace(data_service='')
  base, points = memory.rss_mib(), []
  with pipeline.input_errors(data):
    dataset = pipeline.train_dataset(data, output_size)
    for point in measure.long_run(
      dataset, data.global_batch_size, batches=batches
    ):
      points.append(point)
      _print(
        f'batch {point.batches} of {batches}: '
        f'{point.images_per_second:.1f} images/s, {point.rss_mib:.0f} MiB'
      )
  return Run(points, base, memory.peak_mib())


def bytes_per_image(
  data: TrainData, output_size: tuple[int, int]
) -> dict[str, int]:
  """Returns the bytes per image sent to the accelerator, by place.

  Args:
    data: config of the training inputs.
    output_size: height and width of the canvas in pixels.
  """
  sent = {}
  for place in PLACES:
    dataset = _last(_stages(data, output_size, place))
    specs = _specs(dataset)
    total = sum(spec.shape.num_elements() * spec.dtype.size for spec in specs)
    sent[place] = total // data.global_batch_size
  return sent


def in_batches(dataset: tf.data.Dataset, size: int) -> tf.data.Dataset:
  """Returns a dataset with `size` images in an element.

  Args:
    dataset: dataset of records, of images, or of batches, which stay.
    size: images in a batch.

  Returns:
    A dataset of batches. Records and images are only counted, since passing
    each of them to Python would cost more than reading it.
  """
  if any(spec.shape.rank == 4 for spec in _specs(dataset)):
    return dataset
  return dataset.map(lambda *_: 1).batch(size, drop_remainder=True)


def _specs(dataset) -> list[tf.TensorSpec]:
  """Returns the tensors of an element, without absent sources."""
  specs = tf.nest.flatten(dataset.element_spec)
  return [spec for spec in specs if isinstance(spec, tf.TensorSpec)]


def _stages(data, output_size, place, **options):
  return pipeline.train_stages(
    data.replace(augment_on=place), output_size, **options
  )


def _last(stages: Mapping[str, tf.data.Dataset]) -> tf.data.Dataset:
  *_, dataset = stages.values()
  return dataset


def _decoding(records: tf.data.Dataset) -> measure.Workload:
  """Returns a workload that only decodes the images of records."""
  iterator = iter(records)

  def workload(images):
    encoded = [_encoded(next(iterator)) for _ in range(images)]
    return lambda: [tf.io.decode_jpeg(image, channels=3) for image in encoded]

  return workload


def _encoded(element) -> tf.Tensor:
  """Returns the JPEG of a record, or of the first of a pair."""
  record = tf.nest.flatten(element)[0]
  key = Features.IMAGE
  return tf.io.parse_single_example(
    record, {key: tf.io.FixedLenFeature([], tf.string)}
  )[key]


def _print(line: str) -> None:
  print(line, flush=True)
