"""Lowers a training step and compiles it for a TPU."""

import json
import sys
import time
from typing import Any

from absl import flags

from copypaste_tf import config_flags, new_process, whole_files
from copypaste_tf.costs import hlo_module, lowering
from copypaste_tf.costs.tpu import chips, compiler, figures, largest_batch
from copypaste_tf.training.checks import config_checks


def main(flag_values: flags.FlagValues = flags.FLAGS) -> None:
  """Lowers and compiles the step; exits with 1 if it does not compile."""
  batch = _batch(flag_values.batch_per_core)
  resolved = config_flags.load(flag_values)
  problems = config_checks.problems(
    resolved.params, mode='train', missing_data=True
  )
  config_flags.refuse(problems, resolved)
  if flag_values.output:  # Before minutes of compilation.
    whole_files.check_file(flag_values.output, '--output')
  check = _Check(resolved.params, flag_values.topology, flag_values.libtpu)
  if batch is None:
    batch = largest_batch.search(check.needed, check.chip.memory)
    print(f'largest    {batch} images a core')
  # If no batch fits, the figures of one image show how much memory is missing.
  compiled = check.compiled(max(batch, 1))
  if flag_values.output:
    figures = compiled | {'batch_per_core': max(batch, 1)}
    whole_files.write(flag_values.output, json.dumps(figures, indent=2))
  if 'error' in compiled:
    sys.exit(1)


class _Check:
  """Compiles the step of a config for a topology, once per batch size."""

  def __init__(self, params, topology: str, library: str):
    self._params, self._topology, self._library = params, topology, library
    description = compiler.describe(topology, library)
    self._replicas = description['devices']
    self.chip = chips.chip(description['kind'], description['cores_per_device'])
    self._done = {}

  def needed(self, batch: int) -> float:
    """Returns the bytes that a batch needs, even if they exceed the memory.

    Raises:
      ValueError: the step does not compile for another reason than memory.
    """
    compiled = self.compiled(batch)
    need = figures.needed(compiled)
    if need is None:
      raise ValueError(compiled['error'])
    return need

  def compiled(self, batch: int) -> dict[str, Any]:
    """Returns the figures of a batch and prints them the first time."""
    if batch not in self._done:
      self._done[batch] = self._compile(batch)
      data = self._params.task.train_data
      for line in figures.lines(
        self._done[batch],
        self.chip,
        batch=batch,
        global_batch=data.global_batch_size,
      ):
        _print(line)
    return self._done[batch]

  def _compile(self, batch):
    place = self._params.task.train_data.augment_on
    _print(
      f'step       {self._replicas} replicas of {batch} images, augmented on '
      f'the {place}; lowering'
    )
    start = time.monotonic()
    module = new_process.call(
      'lowers the step', lowering.lowered, self._params, self._replicas, batch
    )
    sums = hlo_module.count(module, 'all-reduce')
    _print(
      f'lowers     {figures.duration(time.monotonic() - start)}, '
      f'{len(module) / 1e6:.1f} MB, {sums} sums over the replicas'
    )
    for shape in hlo_module.dynamic_shapes(module):
      _print(f'dynamic    {shape}')
    return compiler.compile_for(
      self._topology,
      module,
      self._library,
      progress=lambda seconds: _print(
        f'compiling  {self._topology}, {figures.duration(seconds)}'
      ),
    )


def _batch(text: str) -> int | None:
  """Returns the number of images; None for `auto`."""
  if text == 'auto':
    return None
  if text.isdecimal() and int(text):
    return int(text)
  raise ValueError(
    f'--batch_per_core: expected a positive number or auto, got {text!r}.'
  )


def _print(line: str) -> None:
  print(line, flush=True)
