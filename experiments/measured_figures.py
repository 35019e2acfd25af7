"""Draws what was measured: our points, and what the paper says in words.

The figures of the paper have no numbers in its text, so no point of them is
drawn. A difference that the text gives is a bracket; other sentences stand
below the axes.
"""

from collections.abc import Iterator, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from copypaste_tf.reporting import curves

from . import measured, tables
from .measured import Part
from .measured_tables import metric_name
from .paper_figures import STATEMENTS, Statement
from .rows import Row, Table

_GREY = '#6b7280'
_DASHES = ('-', '--', ':')
_ASIDE = 1.02  # Between curves, so that their spreads can be seen.
Series = dict[str, list[tuple[float, Part]]]
"""The parts of each curve with their places on the horizontal axis."""


def of_table(table: Table, parts: Sequence[Part]) -> dict[str, str]:
  """Draws a table over the fractions of the data and the training steps.

  Args:
    table: the table.
    parts: its parts.

  Returns:
    SVG documents by the end of their names; none where there are not two
    points of a curve.
  """
  usable = [part for part in parts if part.begun and not part.problem]
  names = measured.metrics(usable)
  if not names:
    return {}
  found = {}
  for kind, (series, axis, figures) in {
    'fractions': (_by_fraction(usable), 'share of the training images', (1, 5)),
    'steps': (_by_steps(usable), 'training steps', (4,)),
  }.items():
    series = {name: line for name, line in series.items() if len(line) > 1}
    if series:
      said = [s for s in statements(table) if s.figure in figures]
      found[kind] = figure(table.title, series, axis, names[:2], said)
  return found


def statements(table: Table) -> Iterator[Statement]:
  """Yields what the paper says of a figure that a table is, or is a form of.

  Args:
    table: the table.
  """
  for statement in STATEMENTS:
    figure = tables.TABLES[f'figure{statement.figure}']
    if table.id in (figure.id, figure.small):
      yield statement


def _by_fraction(parts: Sequence[Part]) -> Series:
  series: Series = {}
  for part in sorted(parts, key=lambda part: part.fraction):
    series.setdefault(part.row.id, []).append((part.fraction, part))
  return series


def _by_steps(parts: Sequence[Part]) -> Series:
  """Joins rows that differ in the schedule alone, at each fraction."""
  groups: dict[tuple, list[tuple[float, Part]]] = {}
  for part in parts:
    run = next(iter(part.runs.values()))
    steps = run.run.params.trainer.train_steps
    key = (part.row.recipe, _setting(part.row), part.row.start, part.fraction)
    groups.setdefault(key, []).append((steps, part))
  series = {}
  for line in groups.values():
    line.sort(key=lambda point: point[0])
    first, last = line[0][1], line[-1][1]
    series[f'{first.row.id} to {last.row.id}, {first.fraction:.0%}'] = line
  return series


def _setting(row: Row) -> tuple[str, ...]:
  """Returns the bindings of a row without those of its length."""
  ends = ('schedule.', 'experiment.')
  return tuple(line for line in row.bindings if not line.startswith(ends))


def figure(
  title: str,
  series: Series,
  axis: str,
  metrics: Sequence[str],
  said: Sequence[Statement],
) -> str:
  """Draws curves of some metrics, each beside the other.

  Args:
    title: heading.
    series: the parts of each curve.
    axis: what the places are.
    metrics: the metrics.
    said: sentences of the paper. A gain of box AP over a row in `series` is a
      bracket, too.

  Returns:
    An SVG document; the same content gives the same bytes.
  """
  with matplotlib.rc_context(curves.STYLE):
    drawn = Figure(figsize=(5 * len(metrics) + 2, 4.2), layout='constrained')
    for axes, metric in zip(_panels(drawn, metrics), metrics, strict=True):
      # More curves than colors differ in the dashes.
      axes.set_prop_cycle(
        matplotlib.cycler(ls=_DASHES) * matplotlib.cycler(color=curves.COLORS)
      )
      for number, (name, line) in enumerate(series.items()):
        _curve(axes, name, line, metric, _ASIDE**number)
      _scale(axes, series)
      axes.set_xlabel(axis)
      axes.set_ylabel(f'{metric_name(metric)}, %')
      if metric == 'box_ap':
        _brackets(axes, series, said)
    axes.legend(loc='upper left', bbox_to_anchor=(1, 1))
    drawn.suptitle(title)
    quote(drawn, said)
    return curves.svg(drawn)


def _panels(drawn: Figure, metrics: Sequence[str]) -> Sequence[Axes]:
  return drawn.subplots(1, len(metrics), squeeze=False)[0]


def _scale(axes: Axes, series: Series) -> None:
  axes.set_xscale('log')
  axes.margins(x=0.12, y=0.1)
  axes.set_xticks(sorted({x for line in series.values() for x, _ in line}))
  axes.xaxis.set_minor_locator(NullLocator())
  axes.xaxis.set_major_formatter(FuncFormatter(_place))


def _place(value: float, _: int) -> str:
  return f'{value:.0%}' if value <= 1 else f'{value:,.0f}'


def _curve(
  axes: Axes,
  name: str,
  line: Sequence[tuple[float, Part]],
  metric: str,
  aside: float,
) -> None:
  """Draws means with their spread over seeds, and a dot for each run."""
  points = [(x * aside, part.values(metric)) for x, part in line]
  points = [(x, values) for x, values in points if values]
  bars = axes.errorbar(
    [x for x, _ in points],
    [np.mean(values) for _, values in points],
    [np.std(v, ddof=1) if len(v) > 1 else 0 for _, v in points],
    label=name,
    lw=1.6,
    marker='o',
    ms=5,
    capsize=3,
  )
  color = bars.lines[0].get_color()
  for x, values in points:
    axes.plot([x] * len(values), values, '.', color=color, ms=3, alpha=0.5)


def _brackets(axes: Axes, series: Series, said: Sequence[Statement]) -> None:
  """Draws the gains that the text gives, from our mean upwards."""
  for statement in said:
    base = dict(series.get(statement.worse, ())).get(statement.fraction)
    values = base.values('box_ap') if base else None
    if values:
      x, low = statement.fraction, np.mean(values)
      high = low + statement.value
      axes.plot([x, x], [low, high], color=_GREY, ls='-', marker='_', ms=8)
      axes.annotate(
        f'+{statement.value} (paper)',
        (x, high),
        (0, 5),
        textcoords='offset points',
        color=_GREY,
        ha='center',
        in_layout=False,
      )


def quote(drawn: Figure, said: Sequence[Statement]) -> None:
  """Writes sentences of the paper below the axes of a figure.

  Args:
    drawn: the figure.
    said: the sentences.
  """
  lines = [f'The paper, Figure {s.figure}: {s.text}' for s in said]
  drawn.supxlabel('\n'.join(lines), x=0.01, ha='left', fontsize=8, color=_GREY)
