r"""Measures the input pipeline of a recipe: time, memory, and what it needs.

python -m copypaste_tf.benchmark_input --gin_file=configs/smoke.gin \
    --consume=100 --json=build/input.json
"""

from copypaste_tf import environment  # isort: split

import concurrent.futures
import json
import multiprocessing
import os
from collections.abc import Callable, Sequence
from typing import Any

from absl import app, flags

from copypaste_tf import config_flags
from copypaste_tf.costs import input_benchmark, input_summary
from copypaste_tf.inputs.data_config import TrainData
from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import run_record

del environment  # Imported for what it sets.

SHUFFLE_BUFFER = 64


def define(flag_values: flags.FlagValues = flags.FLAGS) -> None:
  """Defines the flags of the measurement."""
  # Not at import: verbs share names of flags, and a process may import several.
  own = {'flag_values': flag_values}
  flags.DEFINE_string('json', None, 'File for all numbers.', **own)
  flags.DEFINE_float(
    'consume', None, 'Images a second that an accelerator takes.', 0, **own
  )
  flags.DEFINE_list(
    'cores', ['1', '2'], 'Numbers of cores to measure with, in turn.', **own
  )
  flags.DEFINE_integer(
    'images', 16, 'Images of each pipeline in a round.', 1, **own
  )
  flags.DEFINE_integer(
    'rounds', 5, 'Rounds, in which the pipelines take turns.', 1, **own
  )
  flags.DEFINE_integer(
    'batches',
    30,
    'Batches of the run in which memory is watched; 0 is none.',
    0,
    **own,
  )


def main(argv: list[str]) -> None:
  """Resolves the config and measures its inputs."""
  if argv[1:]:
    raise app.UsageError(f'expected flags only, got {argv[1:]}')
  benchmark(config_flags.load(), flags.FLAGS)


def benchmark(resolved: gin_config.Resolved, options: flags.FlagValues) -> None:
  """Measures in one process after another; prints a table.

  Args:
    resolved: the config.
    options: the flags of `define`, parsed.

  Raises:
    ValueError: the config or an option can not be, or a record does not decode.
  """
  cores = cores_of(options.cores)
  problems = config_checks.problems(resolved.params, mode='train')
  if problems:
    found = [config_checks.describe(problem, resolved) for problem in problems]
    raise ValueError('\n'.join(found))
  task = resolved.params.task
  summary = measure(
    task.train_data,
    tuple(task.model.input_size[:2]),
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
    versions = run_record.versions(strategy)
    _write(options.json, {**summary, 'versions': versions})


def cores_of(values: Sequence[str]) -> list[int]:
  """Parses numbers of cores.

  Args:
    values: what --cores holds.

  Returns:
    The numbers, growing; those above what there is are left out, and told.

  Raises:
    ValueError: not a number above 0, or cores can not be chosen here.
  """
  if not hasattr(os, 'sched_setaffinity'):
    raise ValueError('cores can be chosen on Linux only')
  if not values or not all(v.isdecimal() and int(v) for v in values):
    raise ValueError(f'--cores must be such as 1,2, got {",".join(values)!r}')
  here = len(os.sched_getaffinity(0))
  for value in values:
    if int(value) > here:
      print(f'note: {value} cores are not measured, there are {here}')
  return sorted({int(v) for v in values if int(v) <= here}) or [here]


def measure(
  data: TrainData,
  output_size: tuple[int, int],
  *,
  cores: Sequence[int],
  images: int,
  rounds: int,
  batches: int,
) -> dict[str, Any]:
  """Measures each number of cores, then a long run with the most.

  Args:
    data: the config of the training inputs.
    output_size: height and width of the canvas in pixels.
    cores: numbers of cores, growing.
    images: of each pipeline in a round.
    rounds: how many.
    batches: of the long run; 0 leaves it out.

  Returns:
    JSON-ready; see `input_summary`.
  """
  if data.data_service:
    print('note: measured on this machine, without TrainData.data_service')
  buffer = min(data.shuffle_buffer_size, SHUFFLE_BUFFER)
  few = data.replace(shuffle_buffer_size=buffer)
  print(
    f'{data.global_batch_size} images in a batch, output '
    f'{output_size[0]}x{output_size[1]} {data.dtype}; pipelines that are '
    f'compared have a shuffle buffer of {buffer} records'
  )
  found = {}
  for count in cores:
    print(f'{count} core(s):', flush=True)
    samples = _in_process(
      count,
      input_benchmark.measure_costs,
      *(few.as_dict(), output_size),
      images=images,
      rounds=rounds,
    )
    found[str(count)] = input_summary.costs(samples)
  summary = {
    'batch_size': data.global_batch_size,
    'output_size': list(output_size),
    'bytes_per_image': input_benchmark.bytes_per_image(data, output_size),
    'cores': found,
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
  """Calls a function in a new process that has so many cores."""
  all_cores = os.sched_getaffinity(0)
  os.sched_setaffinity(0, sorted(all_cores)[:cores])
  try:
    with concurrent.futures.ProcessPoolExecutor(
      1, multiprocessing.get_context('spawn')
    ) as pool:
      return pool.submit(function, *args, **kwargs).result()
  finally:
    os.sched_setaffinity(0, all_cores)


def _write(path: str, summary: dict[str, Any]) -> None:
  folder = os.path.dirname(path)
  if folder:
    os.makedirs(folder, exist_ok=True)
  with open(path, 'w', encoding='utf-8') as file:
    json.dump(summary, file, indent=2)


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; an error of the config is one line, not a traceback."""
  config_flags.define()
  define()
  config_flags.run(main, argv)


if __name__ == '__main__':
  run()
