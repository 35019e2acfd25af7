"""Computes and formats the costs of a compiled step."""

import re
from collections.abc import Mapping
from typing import Any

from copypaste_tf.costs.tpu.chips import Chip

# The lower bound of the time of a step does not contain these.
LEFT_OUT = (
  'waits between operations, rounds of loops after the first, sums over the '
  'replicas, other access to memory, shapes that do not fill the units'
)
_GIB = 2**30
_NEED = re.compile(r'total memory required[^(]*\(([\d.]+)([KMG])\)')
_UNITS = {'K': 2**10, 'M': 2**20, 'G': 2**30}


def needed(compiled: Mapping[str, Any]) -> float | None:
  """Returns the bytes that a step needs on a device.

  Args:
    compiled: result of `compiler.compile_for`.

  Returns:
    The sum of arguments, outputs that reuse no argument, temporaries and code,
    as if all existed at once. If the step does not fit, the bytes that the
    compiler asked for; None if it failed for another reason.
  """
  if 'error' not in compiled:
    return (
      compiled['argument_bytes']
      + compiled['output_bytes']
      - compiled['alias_bytes']
      + compiled['temporary_bytes']
      + compiled['code_bytes']
    )
  size = _NEED.search(compiled['error'])
  return float(size[1]) * _UNITS[size[2]] if size else None


def shortest_step(compiled: Mapping[str, Any], chip: Chip) -> float:
  """Returns a lower bound of the seconds of a step.

  The bound is the longer of two times: all operations at peak speed, or reading
  every argument and writing every output once. `LEFT_OUT` takes extra time.

  Args:
    compiled: result of `compiler.compile_for`, without an error.
    chip: peaks of the device that it was compiled for.
  """
  moved = compiled['argument_bytes'] + compiled['output_bytes']
  return max(compiled['flops'] / chip.flops, moved / chip.bandwidth)


def lines(
  compiled: Mapping[str, Any], chip: Chip, *, batch: int, global_batch: int
) -> list[str]:
  """Formats the costs of a step as lines of text.

  Args:
    compiled: result of `compiler.compile_for`.
    chip: peaks of the device that it was compiled for.
    batch: images per device.
    global_batch: images per step of the recipe.
  """
  if 'error' in compiled:
    return [_failure(compiled, chip)]
  seconds, devices = shortest_step(compiled, chip), compiled['devices']
  return [
    f'compiles   {compiled["kind"]} x {devices}, '
    f'{duration(compiled["seconds"])}, '
    f'{gib(compiled["host_bytes"])} of host memory',
    f'memory     {gib(needed(compiled))} of {gib(chip.memory)} a device: '
    f'arguments {gib(compiled["argument_bytes"])}, temporaries '
    f'{gib(compiled["temporary_bytes"])}, code {gib(compiled["code_bytes"])}; '
    f'at once at most {gib(compiled["peak_bytes"])}',
    f'arithmetic {compiled["flops"] / 1e12:.3g} TFLOP a step and device',
    f'step       at least {1000 * seconds:.3g} ms, so at most '
    f'{batch * devices / seconds:.0f} images/s on {devices} devices; left out: '
    f'{LEFT_OUT}',
    *_loops(compiled),
    f'recipe     {global_batch} images a step are '
    f'{global_batch / batch:g} devices',
  ]


def _loops(compiled) -> list[str]:
  """Returns lines about runs of operations and the loops among them."""
  known = [x for x in compiled['loops'] if x['rounds'] is not None]
  lines = [
    f'operations {compiled["runs"]:,} runs a step and device, with '
    f'{sum(x["rounds"] for x in known):,} rounds of {len(known)} loops'
  ]
  for x in compiled['loops']:
    if x['rounds'] is None:
      lines.append(
        f'loop       {x["name"]}: {x["runs"]} runs a round, counted once; the '
        'rounds depend on the data'
      )
  return lines


def gib(size: float) -> str:
  """Formats bytes such as `1.23 GiB`."""
  return f'{size / _GIB:.2f} GiB'


def duration(seconds: float) -> str:
  """Formats seconds such as `12m34s`."""
  return f'{int(seconds) // 60}m{int(seconds) % 60:02}s'


def _failure(compiled, chip) -> str:
  need = needed(compiled)
  if need is None:
    return f'does not compile: {compiled["error"].strip().splitlines()[0]}'
  return (
    f'does not fit: it needs {gib(need)} of {gib(chip.memory)}; try a smaller '
    '--batch_per_core, or --batch_per_core=auto'
  )
