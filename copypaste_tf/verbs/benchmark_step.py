"""Measures the training step or the detection step of a config."""

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any

import tensorflow as tf
from absl import flags

from copypaste_tf import config_flags, new_process, whole_files
from copypaste_tf.console import saying
from copypaste_tf.costs import peaks, step_benchmark, step_inputs, step_summary
from copypaste_tf.costs.step_functions import Steps, eval_counts, train_counts
from copypaste_tf.serving import inference
from copypaste_tf.training.checks import config_checks, device_checks
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import devices, memory, versions

_CPU_NOTE = (
  'no accelerator: the times are those of this CPU; the counts are what '
  'carries over'
)
_XLA = {'on': ['xla'], 'off': ['plain'], 'both': ['plain', 'xla']}
_FAST_COMPILATION = '--xla_backend_optimization_level=0'


def main() -> None:
  """Resolves the config and measures its step."""
  benchmark(config_flags.load(), flags.FLAGS)


def benchmark(
  resolved: gin_config.Resolved, options: flags.FlagValues
) -> dict[str, Any]:
  """Measures a step, prints a table, and writes the JSON file.

  Args:
    resolved: the config.
    options: the flags of `define`, parsed.

  Returns:
    The numbers of the JSON file.

  Raises:
    ValueError: the config or an option is invalid, the task makes no
      detections, or a record does not decode.
  """
  problems = config_checks.problems(
    resolved.params, mode=options.mode, missing_data=True
  )
  problems += inference.problems(resolved.params)
  config_flags.refuse(problems, resolved)
  if options.json:  # Before the measurements.
    whole_files.check_file(options.json, '--json')
  numbers = _Benchmark(devices.with_gpus(resolved.params), options).measure()
  print(step_summary.table(numbers), flush=True)
  if options.json:
    strategy = resolved.params.runtime.distribution_strategy
    text = json.dumps(numbers | {'versions': versions.describe(strategy)})
    whole_files.write(options.json, text)
  return numbers


class _Benchmark:
  """Measures one config on this machine's first device, or on its TPU."""

  def __init__(self, params, options: flags.FlagValues):
    self._params, self._options = params, options
    self._kind = device_checks.kind(params.runtime)
    strategy = devices.start(params).strategy if self._kind == 'TPU' else None
    timed = 'blocks' if self._kind == 'CPU' else 'dense'
    chosen = options.form != 'auto'
    self._form = options.form if chosen else timed
    self._counted = options.form if chosen else 'dense'
    self._train = options.mode == 'train'
    self._batch = options.batch or self._data.global_batch_size
    if self._train and self._batch < 2:
      raise ValueError('--batch: Copy-Paste needs 2 images, got 1')
    with saying('building the model'):
      self._steps = Steps(params, self._form, strategy)

  @property
  def _data(self):
    task = self._params.task
    return task.train_data if self._train else task.validation_data

  def measure(self) -> dict[str, Any]:
    """Returns the numbers of the JSON file."""
    with saying('making a batch'):
      inputs = self._inputs()
    name = self._kind if self._kind == 'TPU' else peaks.device_name()
    size, precision = self._steps.task.output_size, self._precision
    print(
      f'{self._options.mode} step on {name}: {self._batch} images of '
      f'{size[0]}x{size[1]}, {precision}; {inputs.origin}; augmentation on the '
      f'device, timed in the form {self._form}, counted in {self._counted}',
      flush=True,
    )
    counts = self._counts(inputs.batch) if self._options.counts else None
    memory.memory_gib()  # Resets the peaks.
    numbers = {
      'mode': self._options.mode,
      'device': name,
      'batch': self._batch,
      'output_size': list(size),
      'precision': precision,
      'inputs': inputs.origin,
      'form': {'times': self._form, 'counts': self._counted},
      'counts': counts,
      'times': {mode: self._times(inputs.batch, mode) for mode in self._modes},
      'memory': memory.memory_gib(),
      'notes': [],
    }
    self._add_share(numbers)
    return numbers

  @property
  def _precision(self) -> str:
    return self._params.runtime.mixed_precision_dtype

  @property
  def _modes(self) -> list[str]:
    if self._kind == 'TPU':  # Which compiles every step.
      return ['plain']
    chosen = self._options.xla
    if chosen == 'auto':
      chosen = 'both' if self._kind == 'GPU' else 'off'
    return _XLA[chosen]

  def _inputs(self) -> step_inputs.Inputs:
    task = self._steps.task
    if self._train:
      return step_inputs.train_inputs(
        task.train_inputs,
        self._data,
        batch=self._batch,
        objects=self._options.objects,
        num_classes=task.num_classes or 2,
      )
    return step_inputs.eval_inputs(
      task.eval_inputs, self._data, task.output_size, batch=self._batch
    )

  def _times(self, batch, mode) -> dict[str, Any]:
    with saying(f'timing, runtime.xla {mode == "xla"}') as activity:
      make = self._steps.training if self._train else self._steps.detecting
      times = step_benchmark.measure(
        make(batch, xla=mode == 'xla'),
        rounds=self._options.rounds,
        progress=lambda done, total: activity.update(done, total, 'calls'),
      )
    return step_benchmark.summary(times, batch=self._batch)

  def _counts(self, batch) -> dict[str, Any] | None:
    """Returns the counts by part; None for a TPU, whose compiler is remote."""
    if self._kind == 'TPU':
      return None
    specs = tf.nest.map_structure(_spec, batch)
    with saying('compiling, to count operations'):
      if not self._train:
        found = self._compile(eval_counts, self._params, specs)
      else:
        found = self._compile(train_counts, self._params, self._counted, specs)
    return step_summary.counts(found)

  def _compile(self, function, *arguments):
    """Calls a function that compiles; on a CPU, it need not make fast code."""
    if self._kind == 'GPU':  # Another process would find its memory taken.
      return function(*arguments)
    with _fast_compilation():
      return new_process.call('counts the operations', function, *arguments)

  def _add_share(self, numbers) -> None:
    """Adds the share of the peak of the chip, and notes what is missing."""
    task, notes = self._steps.task, numbers['notes']
    if self._kind == 'CPU':
      notes.append(_CPU_NOTE)
    flops = (peaks.train_flops if self._train else peaks.eval_flops)(task)
    numbers['flops_per_image'] = flops
    peak = peaks.peak(numbers['device'])
    if flops is None:
      notes.append(f'no share of the peak: {task.name!r} counts no operations')
      return
    if peak is None or self._precision == 'float32':
      notes.append(
        f'no share of the peak: that of {numbers["device"]!r} in '
        f'{self._precision} is not known (copypaste_tf/costs/peaks.py)'
      )
      return
    numbers['peak_flops'] = peak
    for times in numbers['times'].values():
      times['share_of_peak'] = flops * times['images_per_second'] / peak


def _spec(tensor) -> tf.TensorSpec | None:
  return None if tensor is None else tf.TensorSpec(tensor.shape, tensor.dtype)


@contextlib.contextmanager
def _fast_compilation() -> Iterator[None]:
  """Makes new processes compile quickly, to the same operations."""
  before = os.environ.get('XLA_FLAGS')
  os.environ['XLA_FLAGS'] = f'{before or ""} {_FAST_COMPILATION}'.strip()
  try:
    yield
  finally:
    if before is None:
      del os.environ['XLA_FLAGS']
    else:
      os.environ['XLA_FLAGS'] = before
