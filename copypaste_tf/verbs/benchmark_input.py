"""Measures an input pipeline with several numbers of cores."""

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

from absl import flags

from copypaste_tf import config_flags, new_process, whole_files
from copypaste_tf.costs import input_benchmark, input_summary
from copypaste_tf.inputs.data_config import TrainData
from copypaste_tf.tasks import registry
from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import versions

SHUFFLE_BUFFER = 64


def main() -> None:
  """Resolves the config and measures its inputs."""
  benchmark(config_flags.load(), flags.FLAGS)


def benchmark(resolved: gin_config.Resolved, options: flags.FlagValues) -> None:
  """Measures each number of cores in a process of its own; prints a table.

  Args:
    resolved: the config.
    options: the flags of `define`, parsed.

  Raises:
    ValueError: the config or an option is invalid, or a record does not decode.
  """
  cores = cores_of(options.cores)
  config_flags.refuse(
    config_checks.problems(resolved.params, mode='train', initialises=False),
    resolved,
  )
  if options.json:  # Before minutes of measurements.
    whole_files.check_file(options.json, '--json')
  task = registry.build(resolved.params.task)
  summary = measure(
    task.config.train_data,
    task.output_size,
    cores=cores,
    images=options.images,
    rounds=options.rounds,
    batches=options.batches,
  )
  if options.consume:
    summary['needs'] = input_summary.needs(
      summary['cores'], summary['bytes_per_image'], options.consume
    )
  print(input_summary.table(summary))
  if options.json:
    strategy = resolved.params.runtime.distribution_strategy
    described = versions.describe(strategy)
    text = json.dumps({**summary, 'versions': described}, indent=2)
    whole_files.write(options.json, text)


def cores_of(values: Sequence[str]) -> list[int]:
  """Parses numbers of cores.

  Args:
    values: the items of --cores.

  Returns:
    The numbers, ascending. Numbers above that of this machine are left out with
    a note.

  Raises:
    ValueError: an item is not a positive number, or the system cannot restrict
      a process to some cores.
  """
  if not hasattr(os, 'sched_setaffinity'):
    raise ValueError('--cores: only Linux can restrict a process to some cores')
  if not values or not all(v.isdecimal() and int(v) for v in values):
    raise ValueError(f'--cores must be like 1,2, got {",".join(values)!r}')
  available = len(os.sched_getaffinity(0))
  for value in values:
    if int(value) > available:
      print(
        f'note: {value} cores are not measured, this machine has {available}'
      )
  return sorted({int(v) for v in values if int(v) <= available}) or [available]


def measure(
  data: TrainData,
  output_size: tuple[int, int],
  *,
  cores: Sequence[int],
  images: int,
  rounds: int,
  batches: int,
) -> dict[str, Any]:
  """Measures with each number of cores, then a long run with the most cores.

  Args:
    data: the config of the training inputs.
    output_size: height and width of the output images in pixels.
    cores: numbers of cores, ascending.
    images: images per pipeline and round.
    rounds: number of rounds.
    batches: batches of the long run; 0 skips it.

  Returns:
    Numbers for JSON; see `input_summary`.
  """
  if data.data_service:
    print('note: measured on this machine, without TrainData.data_service')
  buffer = min(data.shuffle_buffer_size, SHUFFLE_BUFFER)
  small_buffer = data.replace(shuffle_buffer_size=buffer)
  print(
    f'{data.global_batch_size} images in a batch, output '
    f'{output_size[0]}x{output_size[1]} {data.dtype}; pipelines that are '
    f'compared have a shuffle buffer of {buffer} records'
  )
  costs = {}
  for count in cores:
    print(f'{count} core(s):', flush=True)
    samples = _in_process(
      count,
      input_benchmark.measure_costs,
      *(small_buffer.as_dict(), output_size),
      images=images,
      rounds=rounds,
    )
    costs[str(count)] = input_summary.costs(samples)
  summary = {
    'batch_size': data.global_batch_size,
    'output_size': list(output_size),
    'bytes_per_image': input_benchmark.bytes_per_image(data, output_size),
    'cores': costs,
  }
  if batches:
    print(f'{cores[-1]} core(s), the pipeline alone:', flush=True)
    points = _in_process(
      cores[-1],
      input_benchmark.measure_run,
      *(data.as_dict(), output_size),
      batches=batches,
    )
    summary['run'] = input_summary.run(points)
  return summary


def _in_process(cores: int, function: Callable[..., Any], *args, **kwargs):
  """Calls a function in a new process on a limited number of cores."""
  all_cores = os.sched_getaffinity(0)
  os.sched_setaffinity(0, sorted(all_cores)[:cores])
  try:
    return new_process.call('measures the inputs', function, *args, **kwargs)
  finally:
    os.sched_setaffinity(0, all_cores)
