"""Formats the numbers of a step benchmark as a table."""

from collections.abc import Iterator, Mapping
from typing import Any

from copypaste_tf.costs import operation_counts

_CALLS = ('StatefulPartitionedCall', 'PartitionedCall')
_ORDER = ('augmentation', 'labels', 'forward', 'backward', 'optimizer', 'other')


def counts(found: Mapping[str, operation_counts.Counts]) -> dict[str, Any]:
  """Returns counts as numbers for JSON, by function and part.

  Args:
    found: counts of functions by name. One that has parts adds a row for each.

  Returns:
    `runs` and `bytes` by name; those of a whole function have `data_loops`, the
    names of the loops whose number of rounds depends on the data.
  """
  rows = {}
  for name, count in found.items():
    for part in sorted(count.parts, key=_place):
      if part != operation_counts.OTHER or len(count.parts) > 1:
        rows[part] = count.parts[part]._asdict()
    rows[name] = {
      'runs': count.runs,
      'bytes': count.bytes,
      'data_loops': [_short(loop.name) for loop in count.data_loops],
    }
  return rows


def table(numbers: Mapping[str, Any]) -> str:
  """Formats the result of `benchmark_step` as lines of text.

  Args:
    numbers: those of the JSON file.
  """
  return '\n'.join(_lines(numbers))


def _lines(numbers) -> Iterator[str]:
  times, counted = numbers['times'], numbers['counts'] or {}
  parts = list(
    dict.fromkeys(
      [*(p for mode in times.values() for p in mode['milliseconds']), *counted]
    )
  )
  parts.sort(key=_place)
  titles = {'plain': 'ms', 'xla': 'ms, XLA'}
  heads = [f'{titles[mode]:>12}' for mode in times]
  yield ''.join([' ' * 34, *heads, f'{"runs":>10}{"MB":>12}'])
  for part in parts:
    cells = [_cell(mode['milliseconds'].get(part)) for mode in times.values()]
    yield ''.join([f'{part:34}', *cells, _counted(counted.get(part))])
  for mode, values in times.items():
    yield from _rates(mode, values)
  yield from _notes(numbers, counted)


def _place(part) -> tuple[int, str]:
  """Sorts the parts in their order, whole steps last."""
  name = part.removesuffix(' without Copy-Paste')
  return (_ORDER.index(name) if name in _ORDER else len(_ORDER), part)


def _short(name) -> str:
  """Removes calls of functions, which say nothing, from a scope."""
  return '/'.join(part for part in name.split('/') if part not in _CALLS)


def _cell(milliseconds) -> str:
  return ' ' * 12 if milliseconds is None else f'{milliseconds:12.2f}'


def _counted(row) -> str:
  if row is None:
    return ''
  more = '+' if row.get('data_loops') else ''
  return f'{row["runs"]:>9,}{more or " "}{row["bytes"] / 1e6:12,.1f}'


def _rates(mode, values) -> Iterator[str]:
  name = 'compiled by XLA' if mode == 'xla' else 'runtime.xla = False'
  line = f'{name}: {values["images_per_second"]:.3g} images/s'
  without = values.get('images_per_second_without_copy_paste')
  if without:
    line += (
      f', {without:.3g} without Copy-Paste, which adds '
      f'{values["copy_paste_share"]:.1%} of a step'
    )
  yield f'{line}; {values["first_step_seconds"]:.1f} s to the first step'
  if values.get('share_of_peak') is not None:
    yield f'{name}: {values["share_of_peak"]:.1%} of the peak of the chip'


def _notes(numbers, counted) -> Iterator[str]:
  loops = {n for row in counted.values() for n in row.get('data_loops', ())}
  if loops:
    yield (
      f'+ {len(loops)} loops count as one round, since their rounds depend on '
      f'the data: {", ".join(sorted(loops))}'
    )
  memory = ', '.join(
    f'{name.removesuffix("_memory_gib")} {size:.2f} GiB'
    for name, size in numbers['memory'].items()
  )
  yield f'memory: {memory}'
  yield from (f'note: {note}' for note in numbers['notes'])
