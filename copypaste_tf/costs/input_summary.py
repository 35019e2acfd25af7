"""Summarizes the samples of an input benchmark as numbers and as a table."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from copypaste_tf.costs import input_benchmark, measure
from copypaste_tf.costs.input_benchmark import PLACES, PLAIN, STAGE, UNIT


def costs(measured: input_benchmark.Costs) -> dict[str, Any]:
  """Summarizes the samples of one process by the medians of the rounds.

  Args:
    measured: the samples.

  Returns:
    Numbers for JSON. Times are CPU milliseconds of all threads per image.
    `decode_ms`: the bare decoding, which is the unit of comparison.
    `stages_ms`: the time that each stage adds.
    `pipelines`: `cpu_ms`, `decodes` (multiples of `decode_ms`) and
      `images_per_second` of each whole pipeline.
    `on_over_off`: time with Copy-Paste divided by that without, by place.
    `peak_mib`: peak memory of the process.
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
    measured: the samples; the first third counts as warm-up.

  Returns:
    Numbers for JSON. `points`: the samples; `images_per_second`: their mean;
    `last_over_first`: throughput of the last third divided by that of the
    first; `growth_mib`: growth of the memory after the first third; `base_mib`
    and `peak_mib`: memory at the start and at its peak.
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
  """Computes the host cores and the bandwidth that an accelerator needs.

  Args:
    by_cores: summary of costs by number of cores, ascending.
    bytes_per_image: bytes sent to the accelerator, by place of augmentation.
    images_per_second: images that the accelerator consumes.

  Returns:
    Numbers for JSON. `cores`: busy cores of the host by pipeline, from the CPU
    time with the most cores; `mb_per_second`: bandwidth by place.
  """
  *_, most = by_cores.values()
  return {
    'images_per_second': images_per_second,
    'cores': {
      name: images_per_second * cost['cpu_ms'] / 1e3
      for name, cost in most['pipelines'].items()
      if name != PLAIN
    },
    'mb_per_second': {
      place: images_per_second * size / 1e6
      for place, size in bytes_per_image.items()
    },
  }


def table(summary: Mapping[str, Any]) -> str:
  """Formats a summary as a table.

  Args:
    summary: `cores` with the result of `costs` by number of cores,
      `bytes_per_image`, and optionally `run` and `needs`.
  """
  lines = []
  for cores, cost in summary['cores'].items():
    lines += [f'\n{cores} core(s)', *_cost_lines(cost)]
  sent = summary['bytes_per_image'].items()
  megabytes = [f'{size / 1e6:.2f} MB an image ({name})' for name, size in sent]
  lines.append(f'\nto the accelerator: {", ".join(megabytes)}')
  if 'run' in summary:
    lines.append(_run_line(summary['run']))
  if 'needs' in summary:
    lines.append(_needs_line(summary['needs']))
  return '\n'.join(lines)


def _cost_lines(cost: Mapping[str, Any]) -> list[str]:
  unit = cost['decode_ms']
  lines = [f'{"":20}{"CPU ms/image":>14}{"x decode":>10}{"images/s":>10}']
  rows = [('bare decode', unit, '')]
  rows += [(f'  {name}', ms, '') for name, ms in cost['stages_ms'].items()]
  rows += [
    (name, x['cpu_ms'], f'{x["images_per_second"]:.1f}')
    for name, x in cost['pipelines'].items()
  ]
  for name, milliseconds, rate in rows:
    decodes = milliseconds / unit
    lines.append(f'{name:20}{milliseconds:14.2f}{decodes:10.2f}{rate:>10}')
  ratios = [f'{x:.2f} ({name})' for name, x in cost['on_over_off'].items()]
  lines.append(
    f'Copy-Paste on over off: {", ".join(ratios)}; peak of all these together '
    f'{cost["peak_mib"]:.0f} MiB'
  )
  return lines


def _run_line(timed: Mapping[str, Any]) -> str:
  batches = timed['points'][-1]['batches']
  return (
    f'{batches} batches: {timed["images_per_second"]:.1f} images/s, last third '
    f'{timed["last_over_first"]:.2f} of the first; memory '
    f'{timed["base_mib"]:.0f} MiB before, at most {timed["peak_mib"]:.0f}, '
    f'{timed["growth_mib"]:+.0f} after the first third'
  )


def _needs_line(need: Mapping[str, Any]) -> str:
  cores = [f'{count:.1f} ({name})' for name, count in need['cores'].items()]
  sent = [
    f'{rate:.0f} ({name})' for name, rate in need['mb_per_second'].items()
  ]
  return (
    f'{need["images_per_second"]:g} images/s keep host cores busy: '
    f'{", ".join(cores)}; MB/s: {", ".join(sent)}'
  )


def _ratio(
  numerators: Sequence[measure.Sample], denominators: Sequence[measure.Sample]
) -> float:
  """Returns the median ratio of CPU times, compared within each round."""
  pairs = zip(numerators, denominators, strict=True)
  return statistics.median(a.cpu / b.cpu for a, b in pairs)


def _cpu(rows: Sequence[measure.Sample]) -> float:
  return statistics.median(row.cpu for row in rows)


def _rate(points: Sequence[measure.Point]) -> float:
  return statistics.mean(point.images_per_second for point in points)
