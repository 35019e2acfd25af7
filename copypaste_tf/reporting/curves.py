"""The curves of a training run as SVG."""

import io
import math
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from copypaste_tf.reporting.events import Curve

# Tag of the curve: what the legend calls it.
LOSSES = {
  'model_loss': 'sum',
  'frcnn_cls_loss': 'class',
  'frcnn_box_loss': 'box',
  'mask_loss': 'mask',
  'rpn_score_loss': 'proposal score',
  'rpn_box_loss': 'proposal box',
}
PRECISION = {'mask_ap': 'mask AP', 'box_ap': 'box AP'}
# Title of a small panel: its curves.
PANELS = {
  'Learning rate': {'learning_rate': ''},
  'Images per second': {'images_per_second': ''},
  'Share of images': {
    'paste/images_with_paste': 'with a paste',
    'paste/images_shrunk': 'scaled down',
  },
  'Objects per image': {
    'paste/objects_available': 'available',
    'paste/objects_pasted': 'pasted',
    'paste/objects_not_pasted': 'no room',
  },
  'Objects of the target, per image': {
    'paste/boxes_shrunk': 'box shrunk',
    'paste/objects_removed': 'removed',
    'paste/instances_clipped': 'over limit',
  },
}
COLORS = ('#1b1e28', '#2563eb', '#d97706', '#059669', '#9333ea', '#db2777')
_STYLE = {
  'svg.hashsalt': 'copypaste_tf',  # The same curves give the same bytes.
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


def loss_figure(
  train: Mapping[str, Curve], validation: Mapping[str, Curve]
) -> str | None:
  """Draws the losses, and AP if it was measured more than once.

  Args:
    train: curves by tag, those of `LOSSES`.
    validation: curves by tag, those of `PRECISION`, in [0, 1].

  Returns:
    An SVG document; None if there is no loss.
  """
  if not _known(LOSSES, train):
    return None
  aps = {
    tag: Curve(curve.steps, 100 * curve.values)
    for tag, curve in _known(PRECISION, validation).items()
    if len(curve.steps) > 1
  }
  with matplotlib.rc_context(_STYLE):
    figure = Figure(figsize=(10, 3.8), layout='constrained')
    if aps:
      axes, right = figure.subplots(1, 2, width_ratios=[2, 1])
      _plot(right, aps, PRECISION, 'AP on held-out images, %')
    else:
      axes = figure.subplots()
    _plot(axes, train, LOSSES, 'Training loss')
    return _svg(figure)


def panel_figure(train: Mapping[str, Curve]) -> str | None:
  """Draws the small panels: learning rate, speed, what was pasted.

  Args:
    train: curves by tag, those of `PANELS`.

  Returns:
    An SVG document; None if there is no curve of any panel.
  """
  panels = {
    title: names for title, names in PANELS.items() if _known(names, train)
  }
  if not panels:
    return None
  columns = min(len(panels), 3)
  rows = math.ceil(len(panels) / columns)
  with matplotlib.rc_context(_STYLE):
    figure = Figure(figsize=(10, 2.2 * rows), layout='constrained')
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, (title, names) in zip(grid, panels.items(), strict=False):
      _plot(axes, train, names, title)
    for axes in grid[len(panels) :]:
      axes.set_visible(False)
    return _svg(figure)


def _known(
  names: Mapping[str, str], curves: Mapping[str, Curve]
) -> dict[str, Curve]:
  return {tag: curves[tag] for tag in names if tag in curves}


def _plot(
  axes: Axes,
  curves: Mapping[str, Curve],
  names: Mapping[str, str],
  title: str,
) -> None:
  """Plots the named curves; a single point becomes a dot."""
  known = _known(names, curves)
  for tag, (steps, values) in known.items():
    marker = 'o' if len(steps) < 3 else None
    axes.plot(
      steps, values, label=names[tag], lw=1.6, marker=marker, markersize=4
    )
  axes.set_title(title)
  axes.set_xlabel('step')
  axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
  axes.set_xlim(left=0)
  top = _top([curve.values for curve in known.values()])
  # Room for the legend above the curves.
  axes.set_ylim(0, top * (1.2 if len(known) > 1 else 1))
  if len(known) > 1:
    axes.legend(loc='upper right', ncols=3)


def _top(values: Sequence[np.ndarray]) -> float:
  """Returns the upper limit of an axis that the first steps do not squeeze."""
  finite = np.concatenate(values)
  finite = finite[np.isfinite(finite)]
  if not finite.size or finite.max() <= 0:
    return 1.0
  # Losses start many times higher than they go on.
  usual = 2 * np.percentile(finite, 95)
  return 1.08 * float(min(finite.max(), usual) or finite.max())


def _svg(figure: Figure) -> str:
  file = io.StringIO()
  FigureCanvasSVG(figure).print_svg(file, metadata={'Date': None})
  return file.getvalue()
