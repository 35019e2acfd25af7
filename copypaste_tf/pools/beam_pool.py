"""Works on shards on Apache Beam, whose runner may have many machines.

The tasks are one file and the results another, both beside the output. So the
graph of the pipeline holds numbers only, whatever the size of the data set, and
any runner can give back results. An image goes from its file to its shard
within one worker; Beam moves neither images nor records.
"""

import contextlib
import dataclasses
import functools
import io
import pickle
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
import tensorflow as tf
from apache_beam import metrics, pvalue
from apache_beam.options import pipeline_options

from copypaste_tf import whole_files
from copypaste_tf.pools.pool import Work

_NAME = 'copypaste_tf'
# The number of a shard, and where its task lies in the file of tasks.
_Place = tuple[int, int, int]


@dataclasses.dataclass(frozen=True)
class _Files:
  """The files by which this process and the workers exchange data.

  Attributes:
    tasks: pickles of the tasks, one after the other.
    results: a pickle of all results.
    fault: a pickle of an error that another attempt would meet again.
  """

  tasks: str
  results: str
  fault: str

  @classmethod
  def beside(cls, prefix: str) -> '_Files':
    """Returns names that no other run has."""
    kinds = [field.name for field in dataclasses.fields(cls)]
    return cls(*(whole_files.temporary(f'{prefix}-{k}') for k in kinds))

  def remove(self) -> None:
    """Removes the files that exist."""
    for path in dataclasses.astuple(self):
      whole_files.remove(path)


class BeamPool:
  """A pool of Beam's workers; see `pool.Pool`."""

  def __init__(self, arguments: str):
    """Reads the flags.

    Args:
      arguments: flags of Beam, such as `--runner=FlinkRunner`.

    Raises:
      ValueError: they cannot be read, or there is no such runner.
    """
    try:
      self._flags = shlex.split(arguments)
      options = _options(self._flags)
      beam.Pipeline(options=options)  # Refuses what its runner cannot take.
    except (ValueError, ImportError) as error:
      reason = ' '.join(str(error).split())
      raise ValueError(f'--beam_args={arguments}: {reason}') from error
    self._runner = options.view_as(pipeline_options.StandardOptions).runner

  def run(
    self, work: Work, tasks: Mapping[int, Any], *, images: int, prefix: str
  ) -> dict[int, Any]:
    """Does the work in a pipeline; see `pool.Pool.run`."""
    if not tasks:
      return {}
    print(f'{self._runner}: {images} images, {len(tasks)} shards', flush=True)
    files = _Files.beside(prefix)
    try:
      places = _write_tasks(files.tasks, tasks)
      try:
        self._run(work, places, files)
      finally:  # What stopped the work, rather than what Beam made of it.
        _raise_fault(files.fault)
      return _read_results(files.results)
    finally:
      files.remove()

  def _run(self, work: Work, places: list[_Place], files: _Files) -> None:
    options = pipeline_options.PipelineOptions(self._flags)
    pipeline = beam.Pipeline(options=options)
    results = (
      pipeline
      | 'shards' >> beam.Create(places)
      # Else a runner may give all shards to the worker that listed them.
      | 'deal' >> beam.Reshuffle()
      | 'work' >> beam.ParDo(_DoShard(work, files))
    )
    _ = (
      pipeline
      | 'once' >> beam.Create([files.results])
      | 'write' >> beam.Map(_write_results, pvalue.AsIter(results))
    )
    try:
      pipeline.run().wait_until_finish()
    except RuntimeError as error:  # Beam has logged where it was raised.
      reason = str(error).strip().split('\n')[-1]
      raise OSError(
        f'{self._runner}: {reason}. The same command goes on with the shards '
        'that are missing.'
      ) from error


class _DoShard(beam.DoFn):
  """Does the work of a shard in a worker."""

  def __init__(self, work: Work, files: _Files):
    self._work = work
    self._files = files

  def setup(self) -> None:
    """Prepares the process, once."""
    _set_up(self._work.set_up)

  def process(self, place: _Place) -> Iterator[tuple[int, bytes]]:
    """Yields the number of the shard and the pickle of its result."""
    index, start, length = place
    # A runner repeats what fails, and goes on with other shards meanwhile.
    _raise_fault(self._files.fault)
    task = _read_task(self._files.tasks, start, length)
    count = metrics.Metrics.counter(_NAME, 'images').inc
    try:
      result = self._work.function(index, task, count)
    except ValueError as error:
      _write_pickle(self._files.fault, error)
      raise
    metrics.Metrics.counter(_NAME, 'shards').inc()
    yield index, pickle.dumps(result)


def _options(flags: Sequence[str]) -> pipeline_options.PipelineOptions:
  """Reads Beam's flags.

  Raises:
    ValueError: a value does not fit its flag, or no flag names the runner.
  """
  # Beam ignores flags that it does not know, and runs here by default.
  if not any(flag.startswith('--runner') for flag in flags):
    raise ValueError('expected --runner=NAME, such as --runner=DirectRunner')
  usage = io.StringIO()
  try:
    with contextlib.redirect_stderr(usage):
      options = pipeline_options.PipelineOptions(flags)
      options.get_all_options()
  except SystemExit as error:
    message = usage.getvalue().rstrip().rpartition('error: ')[2]
    raise ValueError(message) from error
  return options


@functools.cache
def _set_up(function: Any) -> None:
  function()


def _write_tasks(path: str, tasks: Mapping[int, Any]) -> list[_Place]:
  places, start = [], 0
  with tf.io.gfile.GFile(path, 'wb') as file:
    for index, task in tasks.items():
      data = pickle.dumps(task)
      file.write(data)
      places.append((index, start, len(data)))
      start += len(data)
  return places


def _read_task(path: str, start: int, length: int) -> Any:
  with tf.io.gfile.GFile(path, 'rb') as file:
    file.seek(start)
    return pickle.loads(file.read(length))


def _write_results(path: str, results: Iterable[tuple[int, bytes]]) -> None:
  _write_pickle(path, {index: pickle.loads(data) for index, data in results})


def _read_results(path: str) -> dict[int, Any]:
  if not tf.io.gfile.exists(path):
    raise ValueError(
      f'{path}: no worker wrote it where this machine can read it. Give an '
      'output on a file system that all machines share.'
    )
  with tf.io.gfile.GFile(path, 'rb') as file:
    return pickle.loads(file.read())


def _write_pickle(path: str, value: Any) -> None:
  whole_files.write_bytes(path, pickle.dumps(value))


def _raise_fault(path: str) -> None:
  if tf.io.gfile.exists(path):
    with tf.io.gfile.GFile(path, 'rb') as file:
      raise pickle.loads(file.read())
