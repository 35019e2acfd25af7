"""What the samples of an input benchmark mean, as numbers and as a table."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from copypaste_tf.training import input_benchmark, measure
from copypaste_tf.training.input_benchmark import OFF, PLAIN, STAGE, UNIT


def costs(measured: input_benchmark.Costs) -> dict[str, Any]:
  """Summarizes one process; medians of the rounds.

  Args:
    measured: the samples.

  Returns:
    JSON-ready: `decode_ms`, the unit; `stages_ms`, what each stage adds;
    `pipelines`, `{cpu_ms, decodes, images_per_second}` of `on`, `off` and `op
    by op`, and `read` to the last stage alike; `on_over_off`; `peak_mib`.
    Everything but `images_per_second` is CPU time of all threads.
  """
  samples = measured.samples
  upto = {
    name.removeprefix(STAGE): rows
    for name, rows in samples.items()
    if name.startswith(STAGE)
  }
  *_, on = upto.values()
  unit = _cpu(samples[UNIT])
  whole = {'on': on, OFF: samples[OFF], PLAIN: samples[PLAIN]}
  before, added = 0.0, {}
  for name, rows in upto.items():
    added[name] = 1e3 * (_cpu(rows) - before)
    before = _cpu(rows)
  return {
    'decode_ms': 1e3 * unit,
    'stages_ms': added,
    'pipelines': {
      name: {
        'cpu_ms': 1e3 * _cpu(rows),
        'decodes': _cpu(rows) / unit,
        'images_per_second': 1 / statistics.median(row.wall for row in rows),
      }
      for name, rows in whole.items()
    },
    'on_over_off': statistics.median(
      one.cpu / other.cpu for one, other in zip(on, samples[OFF], strict=True)
    ),
    'peak_mib': measured.peak_mib,
  }


def run(measured: input_benchmark.Run) -> dict[str, Any]:
  """Summarizes a long run.

  Args:
    measured: the moments; the first third is taken to warm up.

  Returns:
    JSON-ready: the `points`; `images_per_second`, `last_over_first` third of
    the throughput, `growth_mib` after the first third, `base_mib`, `peak_mib`.
  """
  points = measured.points
  third = max(len(points) // 3, 1)
  first, last = _rate(points[:third]), _rate(points[-third:])
  return {
    'points': [point._asdict() for point in points],
    'images_per_second': _rate(points),
    'last_over_first': last / first,
    'growth_mib': points[-1].rss_mib - points[third - 1].rss_mib,
    'base_mib': measured.base_mib,
    'peak_mib': measured.peak_mib,
  }


def needs(
  by_cores: Mapping[str, Any], bytes_per_image: int, images_per_second: float
) -> dict[str, float]:
  """Returns what feeds an accelerator.

  Args:
    by_cores: a summary of costs by number of cores.
    bytes_per_image: that go to the accelerator.
    images_per_second: that it consumes.

  Returns:
    JSON-ready: host cores that are busy with Copy-Paste `on` and `off`, at the
    CPU time of the run with the most cores, and megabytes a second.
  """
  *_, most = by_cores.values()
  cores = {
    f'cores_{name}': images_per_second * most['pipelines'][name]['cpu_ms'] / 1e3
    for name in ('on', OFF)
  }
  rate = images_per_second * bytes_per_image / 1e6
  return {
    'images_per_second': images_per_second,
    **cores,
    'mb_per_second': rate,
  }


def table(summary: Mapping[str, Any]) -> str:
  """Formats a whole summary for a person.

  Args:
    summary: `costs` by number of cores under `cores`, `bytes_per_image`, and
      if there are any, `run` and `needs`.
  """
  lines = []
  for cores, found in summary['cores'].items():
    lines += [f'\n{cores} core(s)', *_cost_lines(found)]
  lines.append(
    f'\nto the accelerator: {summary["bytes_per_image"] / 1e6:.2f} MB an image'
  )
  if 'run' in summary:
    lines.append(_run_line(summary['run']))
  if 'needs' in summary:
    lines.append(_needs_line(summary['needs']))
  return '\n'.join(lines)


def _cost_lines(found: Mapping[str, Any]) -> list[str]:
  unit = found['decode_ms']
  lines = [f'{"":20}{"CPU ms/image":>14}{"x decode":>10}{"images/s":>10}']
  rows = [('bare decode', unit, '')]
  rows += [(f'  {name}', ms, '') for name, ms in found['stages_ms'].items()]
  rows += [
    (f'Copy-Paste {name}', x['cpu_ms'], f'{x["images_per_second"]:.1f}')
    for name, x in found['pipelines'].items()
  ]
  for name, milliseconds, rate in rows:
    decodes = milliseconds / unit
    lines.append(f'{name:20}{milliseconds:14.2f}{decodes:10.2f}{rate:>10}')
  lines.append(
    f'Copy-Paste costs {found["on_over_off"]:.2f} times the pipeline without; '
    f'peak of all these together {found["peak_mib"]:.0f} MiB'
  )
  return lines


def _run_line(found: Mapping[str, Any]) -> str:
  batches = found['points'][-1]['batches']
  return (
    f'{batches} batches: {found["images_per_second"]:.1f} images/s, last third '
    f'{found["last_over_first"]:.2f} of the first; memory '
    f'{found["base_mib"]:.0f} MiB before, at most {found["peak_mib"]:.0f}, '
    f'{found["growth_mib"]:+.0f} after the first third'
  )


def _needs_line(found: Mapping[str, Any]) -> str:
  return (
    f'{found["images_per_second"]:g} images/s keep {found["cores_on"]:.1f} '
    f'host cores busy with Copy-Paste, {found["cores_off"]:.1f} without, and '
    f'send {found["mb_per_second"]:.0f} MB/s'
  )


def _cpu(rows: Sequence[measure.Sample]) -> float:
  return statistics.median(row.cpu for row in rows)


def _rate(points: Sequence[measure.Point]) -> float:
  return statistics.mean(point.images_per_second for point in points)
