"""What the samples of an input benchmark mean, as numbers and as a table."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from copypaste_tf.costs import input_benchmark, measure
from copypaste_tf.costs.input_benchmark import PLACES, PLAIN, STAGE, UNIT


def costs(measured: input_benchmark.Costs) -> dict[str, Any]:
  """Summarizes one process; medians of the rounds.

  Args:
    measured: the samples.

  Returns:
    JSON-ready: `decode_ms`, the unit; `stages_ms`, what each stage adds;
    `pipelines`, `{cpu_ms, decodes, images_per_second}` of the whole ones;
    `on_over_off` by place; `peak_mib`. Everything but `images_per_second` is
    CPU time of all threads.
  """
  samples = measured.samples
  unit = _cpu(samples[UNIT])
  before, added = 0.0, {}
  for name, rows in samples.items():
    if name.startswith(STAGE):
      added[name.removeprefix(STAGE)] = 1e3 * (_cpu(rows) - before)
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
      for name, rows in samples.items()
      if name != UNIT and not name.startswith(STAGE)
    },
    'on_over_off': {
      place: _ratio(samples[f'on {place}'], samples[f'off {place}'])
      for place in PLACES
    },
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
  by_cores: Mapping[str, Any],
  bytes_per_image: Mapping[str, int],
  images_per_second: float,
) -> dict[str, Any]:
  """Returns what feeds an accelerator.

  Args:
    by_cores: a summary of costs by number of cores.
    bytes_per_image: that go to the accelerator, by place.
    images_per_second: that it consumes.

  Returns:
    JSON-ready: host `cores` that are busy, by pipeline, at the CPU time of the
    run with the most cores, and `mb_per_second` by place.
  """
  *_, most = by_cores.values()
  return {
    'images_per_second': images_per_second,
    'cores': {
      name: images_per_second * found['cpu_ms'] / 1e3
      for name, found in most['pipelines'].items()
      if name != PLAIN
    },
    'mb_per_second': {
      place: images_per_second * size / 1e6
      for place, size in bytes_per_image.items()
    },
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
  sent = summary['bytes_per_image'].items()
  megabytes = [f'{size / 1e6:.2f} MB an image ({name})' for name, size in sent]
  lines.append(f'\nto the accelerator: {", ".join(megabytes)}')
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
    (name, x['cpu_ms'], f'{x["images_per_second"]:.1f}')
    for name, x in found['pipelines'].items()
  ]
  for name, milliseconds, rate in rows:
    decodes = milliseconds / unit
    lines.append(f'{name:20}{milliseconds:14.2f}{decodes:10.2f}{rate:>10}')
  ratios = [f'{x:.2f} ({name})' for name, x in found['on_over_off'].items()]
  lines.append(
    f'Copy-Paste on over off: {", ".join(ratios)}; peak of all these together '
    f'{found["peak_mib"]:.0f} MiB'
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
  cores = [f'{count:.1f} ({name})' for name, count in found['cores'].items()]
  sent = [
    f'{rate:.0f} ({name})' for name, rate in found['mb_per_second'].items()
  ]
  return (
    f'{found["images_per_second"]:g} images/s keep host cores busy: '
    f'{", ".join(cores)}; MB/s: {", ".join(sent)}'
  )


def _ratio(some: Sequence[measure.Sample], others) -> float:
  """Compares within each round."""
  pairs = zip(some, others, strict=True)
  return statistics.median(one.cpu / other.cpu for one, other in pairs)


def _cpu(rows: Sequence[measure.Sample]) -> float:
  return statistics.median(row.cpu for row in rows)


def _rate(points: Sequence[measure.Point]) -> float:
  return statistics.mean(point.images_per_second for point in points)
