"""Draws what was measured: our points, and what the paper says in words.

The figures of the paper have no numbers in its text, so no point of them is
drawn. A difference that the text gives is a bracket; other sentences stand
below the axes.
"""

import textwrap
from collections.abc import Callable, Iterator, Sequence

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
_WIDTH = 110  # Characters of a line below the axes.
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
    'fractions': (_by_fraction(usable), 'part of the training images', (1, 5)),
    'steps': (_by_steps(usable), 'training steps', (4,)),
  }.items():
    series = {name: line for name, line in series.items() if len(line) > 1}
    if series:
      said = [s for s in statements(table) if s.figure in figures]
      found[kind] = figure(table, series, axis, names[0], said)
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
  groups: dict[tuple, Series] = {}
  for part in parts:
    run = next(iter(part.runs.values()))
    steps = run.run.params.trainer.train_steps
    key = (part.row.recipe, _setting(part.row), part.row.start, part.fraction)
    groups.setdefault(key, []).append((steps, part))
  several = len({part.fraction for part in parts}) > 1
  return {
    _common_name([p.row for _, p in line])
    + (f', {line[0][1].fraction:.0%}' if several else ''): sorted(
      line, key=lambda point: point[0]
    )
    for line in groups.values()
  }


def _setting(row: Row) -> tuple[str, ...]:
  """Returns the bindings of a row without those of its length."""
  ends = ('schedule.', 'experiment.')
  return tuple(line for line in row.bindings if not line.startswith(ends))


def _common_name(rows: Sequence[Row]) -> str:
  """Returns the words that the names of all rows have."""
  words = [row.id.split('_') for row in rows]
  common = [word for word in words[0] if all(word in w for w in words)]
  return '_'.join(common) or rows[0].id


def figure(
  table: Table,
  series: Series,
  axis: str,
  metric: str,
  said: Sequence[Statement],
) -> str:
  """Draws curves of a metric.

  Args:
    table: the table, for the title.
    series: the parts of each curve.
    axis: what the places are.
    metric: the metric, the same for all.
    said: sentences of the paper; a gain of a row in `series` is a bracket.

  Returns:
    An SVG document.
  """

  def draw(axes: Axes) -> None:
    places = sorted({x for line in series.values() for x, _ in line})
    for name, line in series.items():
      _curve(axes, name, line, metric)
    axes.set_xscale('log')
    axes.set_xticks(places)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(_place))
    axes.set_xlabel(axis)
    axes.set_ylabel(f'{metric_name(metric)}, %')
    axes.set_title(table.title)
    axes.legend(loc='upper left', bbox_to_anchor=(1, 1))
    _brackets(axes, series, said)

  return picture(draw, said)


def _place(value: float, _: int) -> str:
  return f'{value:.0%}' if value <= 1 else f'{value:,.0f}'


def _curve(
  axes: Axes, name: str, line: Sequence[tuple[float, Part]], metric: str
) -> None:
  """Draws means with their spread over seeds, and a dot for each run."""
  points = [(x, part.values(metric)) for x, part in line]
  points = [(x, values) for x, values in points if values]
  means = [np.mean(values) for _, values in points]
  spread = [np.std(v, ddof=1) if len(v) > 1 else 0 for _, v in points]
  bars = axes.errorbar(
    [x for x, _ in points],
    means,
    spread,
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
  """Draws the gains of box AP that the text gives, from our mean upwards."""
  for statement in said:
    base = dict(series.get(statement.worse, ())).get(statement.fraction)
    values = base.values('box_ap') if base else None
    if values and axes.get_ylabel().startswith(metric_name('box_ap')):
      low = np.mean(values)
      x, high = statement.fraction, low + statement.value
      axes.annotate(
        '',
        (x, high),
        (x, low),
        arrowprops={'arrowstyle': '|-|', 'color': _GREY},
      )
      axes.text(
        x, high, f' +{statement.value} (paper)', color=_GREY, va='center'
      )


def picture(draw: Callable[[Axes], None], said: Sequence[Statement]) -> str:
  """Draws axes with sentences of the paper below.

  Args:
    draw: draws on the axes.
    said: the sentences.

  Returns:
    An SVG document; the same content gives the same bytes.
  """
  with matplotlib.rc_context(curves.STYLE):
    figure = Figure(figsize=(9, 4.2), layout='constrained')
    draw(figure.subplots())
    if said:
      lines = [f'The paper, Figure {s.figure}: {s.text}' for s in said]
      wrapped = [part for line in lines for part in textwrap.wrap(line, _WIDTH)]
      figure.supxlabel(
        '\n'.join(wrapped), x=0.01, ha='left', fontsize=8, color=_GREY
      )
    return curves.svg(figure)
