"""Draws the curves of several runs in the same plots."""

import itertools
import math
import textwrap
from collections.abc import Mapping, Sequence

import matplotlib
from matplotlib.figure import Figure

from copypaste_tf.reporting import curves
from copypaste_tf.reporting.compared_run import ComparedRun
from copypaste_tf.reporting.events import Curve

_COLUMNS = 3
_LINES = ('-', '--', ':', '-.')  # For more runs than there are colours.
_TITLE = 32  # Letters that fit above a plot.
_LEGEND_HEIGHT = 0.3  # Inches of a row.


def figure(runs: Sequence[ComparedRun]) -> str | None:
  """Draws a plot for each loss, headline metric and small plot of the tasks.

  Args:
    runs: the runs; each has one colour in all plots.

  Returns:
    An SVG document; None if no run has curves.
  """
  plots = {title: found for title, found in _plots(runs) if found}
  if not plots:
    return None
  columns = min(len(plots), _COLUMNS)
  rows = math.ceil(len(plots) / columns)
  styles = _styles([one.label for one in runs])
  with matplotlib.rc_context(curves.STYLE):
    drawn = Figure(
      figsize=(10, 2.4 * rows + _LEGEND_HEIGHT), layout='constrained'
    )
    grid = drawn.subplots(rows, columns, squeeze=False).ravel()
    for axes, (title, found) in zip(grid, plots.items(), strict=False):
      _plot(axes, title, found, styles)
    for axes in grid[len(plots) :]:
      axes.set_visible(False)
    _legend(drawn, styles)
    return curves.svg(drawn)


def _plots(
  runs: Sequence[ComparedRun],
) -> list[tuple[str, dict[str, Curve]]]:
  """Returns the title and the curves by label of each plot."""
  captions = [one.captions for one in runs]
  losses, headlines, panels = (
    {tag: name for c in captions for tag, name in getattr(c, field).items()}
    for field in ('losses', 'headlines', 'panels')
  )
  small = {
    tag: f'{title}, {name}' if name else title
    for title, names in panels.items()
    for tag, name in names.items()
  }
  return [
    *((f'Loss, {losses[tag]}', _curves(runs, tag)) for tag in losses),
    *(
      (_percent_title(name), _percents(runs, tag))
      for tag, name in headlines.items()
    ),
    *((title, _curves(runs, tag)) for tag, title in small.items()),
  ]


def _percent_title(metric: str) -> str:
  return f'{metric[:1].upper()}{metric[1:]}, %'


def _curves(runs: Sequence[ComparedRun], tag: str) -> dict[str, Curve]:
  return {
    one.label: one.run.train.curves[tag]
    for one in runs
    if tag in one.run.train.curves
  }


def _percents(runs: Sequence[ComparedRun], tag: str) -> dict[str, Curve]:
  return {
    one.label: Curve(curve.steps, 100 * curve.values)
    for one in runs
    if (curve := one.run.validation.curves.get(tag))
  }


def _styles(labels: Sequence[str]) -> dict[str, dict[str, str]]:
  pairs = itertools.cycle(itertools.product(_LINES, curves.COLORS))
  return {
    label: {'color': color, 'linestyle': line}
    for label, (line, color) in zip(labels, pairs, strict=False)
  }


def _plot(
  axes, title: str, found: Mapping[str, Curve], styles: Mapping[str, dict]
) -> None:
  """Plots a curve for each run that has it; few points become dots."""
  for label, (steps, values) in found.items():
    marker = 'o' if len(steps) < 3 else None
    axes.plot(
      steps, values, lw=1.4, marker=marker, markersize=4, **styles[label]
    )
  curves.frame(axes, textwrap.fill(title, _TITLE), found.values())


def _legend(drawn: Figure, styles: Mapping[str, dict]) -> None:
  lines = [matplotlib.lines.Line2D([], [], **s) for s in styles.values()]
  columns = min(len(styles), _COLUMNS)
  drawn.legend(lines, [*styles], loc='outside upper left', ncols=columns)
