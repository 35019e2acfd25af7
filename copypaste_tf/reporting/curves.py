"""Draws the curves of a training run as SVG."""

import io
import math
from collections.abc import Iterable, Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from copypaste_tf.reporting.events import Curve
from copypaste_tf.tasks.captions import Captions

COLORS = ('#1b1e28', '#2563eb', '#d97706', '#059669', '#9333ea', '#db2777')
STYLE = {
  'svg.hashsalt': 'copypaste_tf',  # The same curves give the same bytes.
  'text.parse_math': False,  # A dollar in a name is no formula.
  'font.size': 9,
  'axes.spines.top': False,
  'axes.spines.right': False,
  'axes.grid': True,
  'axes.axisbelow': True,
  'axes.titlesize': 10,
  'axes.titleweight': 'bold',
  'axes.titlelocation': 'left',
  'grid.color': '#e5e7eb',
  'axes.edgecolor': '#9ca3af',
  'legend.frameon': False,
  'legend.fontsize': 8,
  'legend.handlelength': 1.2,
  'legend.columnspacing': 1.0,
  'axes.prop_cycle': matplotlib.cycler(color=COLORS),
}
"""Settings of Matplotlib for every figure."""


def loss_figure(
  train: Mapping[str, Curve],
  validation: Mapping[str, Curve],
  captions: Captions,
) -> str | None:
  """Draws the losses, and headline metrics that were measured more than once.

  Args:
    train: curves by tag; those of `captions.losses` are drawn.
    validation: curves by tag, in [0, 1]; those of `captions.headlines` are
      drawn, in percent.
    captions: names of the curves.

  Returns:
    An SVG document; None if there is no loss.
  """
  losses, headlines = captions.losses, captions.headlines
  if not _named(losses, train):
    return None
  percents = {
    tag: Curve(curve.steps, 100 * curve.values)
    for tag, curve in _named(headlines, validation).items()
    if len(curve.steps) > 1
  }
  with matplotlib.rc_context(STYLE):
    figure = Figure(figsize=(10, 3.8), layout='constrained')
    if percents:
      axes, right = figure.subplots(1, 2, width_ratios=[2, 1])
      _plot(right, percents, headlines, captions.headline_axis)
    else:
      axes = figure.subplots()
    _plot(axes, train, losses, 'Training loss')
    return svg(figure)


def panel_figure(
  train: Mapping[str, Curve], panels: Mapping[str, Mapping[str, str]]
) -> str | None:
  """Draws small plots, such as the learning rate and the speed.

  Args:
    train: curves by tag.
    panels: names of the curves by tag, by the title of the plot.

  Returns:
    An SVG document; None if there is no curve of any plot.
  """
  panels = {
    title: names for title, names in panels.items() if _named(names, train)
  }
  if not panels:
    return None
  columns = min(len(panels), 3)
  rows = math.ceil(len(panels) / columns)
  with matplotlib.rc_context(STYLE):
    figure = Figure(figsize=(10, 2.2 * rows), layout='constrained')
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, (title, names) in zip(grid, panels.items(), strict=False):
      _plot(axes, train, names, title)
    for axes in grid[len(panels) :]:
      axes.set_visible(False)
    return svg(figure)


def _named(
  names: Mapping[str, str], curves: Mapping[str, Curve]
) -> dict[str, Curve]:
  """Returns those curves that have a name, in the order of the names."""
  return {tag: curves[tag] for tag in names if tag in curves}


def _plot(
  axes: Axes,
  curves: Mapping[str, Curve],
  names: Mapping[str, str],
  title: str,
) -> None:
  """Plots the named curves; a single point becomes a dot."""
  named = _named(names, curves)
  for tag, (steps, values) in named.items():
    marker = 'o' if len(steps) < 3 else None
    axes.plot(
      steps, values, label=names[tag], lw=1.6, marker=marker, markersize=4
    )
  # Room for the legend above the curves.
  frame(axes, title, named.values(), room=1.2 if len(named) > 1 else 1)
  if len(named) > 1:
    axes.legend(loc='upper right', ncols=3)


def frame(
  axes: Axes, title: str, curves: Iterable[Curve], *, room: float = 1
) -> None:
  """Sets the title and the limits of a plot of curves by step, from 0 on.

  Args:
    axes: the plot.
    title: plain text.
    curves: what is drawn, at least one.
    room: upper limit as a multiple of that of the curves.
  """
  axes.set_title(title)
  axes.set_xlabel('step')
  axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
  axes.set_xlim(left=0)
  axes.set_ylim(0, room * _top([curve.values for curve in curves]))


def _top(values: Sequence[np.ndarray]) -> float:
  """Returns the upper limit of an axis, which may cut off the first steps."""
  finite = np.concatenate(values)
  finite = finite[np.isfinite(finite)]
  if not finite.size or finite.max() <= 0:
    return 1.0
  # A loss may start many times higher than it continues.
  usual = 2 * np.percentile(finite, 95)
  return 1.08 * float(min(finite.max(), usual) or finite.max())


def svg(figure: Figure) -> str:
  """Returns a figure as an SVG document without a date."""
  file = io.StringIO()
  FigureCanvasSVG(figure).print_svg(file, metadata={'Date': None})
  return file.getvalue()
