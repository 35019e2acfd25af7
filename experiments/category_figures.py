"""Draws the gain of each category, as Figure 6 of the paper does."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from copypaste_tf.reporting import curves

from . import measured_figures
from .measured import Part
from .measured_tables import metric_name
from .paper_figures import Statement

_FEWEST = 3  # Categories of a figure.
_LOWEST = 1  # AP of a base, in percent.
_GREY = '#6b7280'


def of_pair(
  part: Part, base: Part, metric: str, said: Sequence[Statement] = ()
) -> str | None:
  """Draws the relative gain of each category over a base.

  Categories are sorted by the AP of the base. Those whose base is below 1 AP
  are named below, since chance moves them by multiples.

  Args:
    part: a row at a fraction.
    base: the row that it is compared with.
    metric: an AP.
    said: sentences of the paper.

  Returns:
    An SVG document; None for fewer than three categories.
  """
  seeds = [seed for seed in part.seeds if seed in base.seeds]
  gains, left = relative_gains(
    part.categories(metric, seeds), base.categories(metric, seeds)
  )
  if len(gains) < _FEWEST:
    return None

  with matplotlib.rc_context(curves.STYLE):
    drawn = Figure(figsize=(9, 4.2), layout='constrained')
    axes = drawn.subplots()
    for x, values in enumerate(gains.values()):
      color = curves.COLORS[1 if np.mean(values) >= 0 else 2]
      axes.bar(x, np.mean(values), color=color, alpha=0.6)
      axes.plot([x] * len(values), values, '.', color=_GREY, ms=3)
    axes.axhline(0, color=curves.COLORS[0], lw=0.8)
    axes.set_xticks(range(len(gains)), gains, rotation=90, fontsize=7)
    axes.set_ylabel(f'gain of {metric_name(metric)}, % of the base')
    axes.set_title(f'{part.row.id} over {base.row.id}, hardest category first')
    if left:
      axes.set_xlabel(f'left out, below 1 AP: {", ".join(left)}')
    measured_figures.quote(drawn, said)
    return curves.svg(drawn)


def relative_gains(
  pasted: Mapping[str, Sequence[float]], base: Mapping[str, Sequence[float]]
) -> tuple[dict[str, list[float]], list[str]]:
  """Computes the gain of each category in percent of the base's mean.

  Args:
    pasted: AP in percent by seed, by category.
    base: the same of the base.

  Returns:
    Gains by seed, by category in the order of the base's mean; and the
    categories whose base is below 1.
  """
  means = {name: float(np.mean(base[name])) for name in base if name in pasted}
  ordered = sorted(means, key=means.get)
  gains = {
    name: [
      100 * (one - other) / means[name]
      for one, other in zip(pasted[name], base[name], strict=True)
    ]
    for name in ordered
    if means[name] >= _LOWEST
  }
  return gains, [name for name in ordered if means[name] < _LOWEST]
