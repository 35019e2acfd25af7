"""Draws what thresholds do to labels, as SVG."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from copypaste_tf.labelling.quality import IOUS, KINDS
from copypaste_tf.reporting import curves

_CHOSEN = '#9ca3af'


def figure(report: Mapping[str, Any]) -> str:
  """Draws precision and recall, labels per image, and the kinds of mistakes.

  Args:
    report: the data of `quality_report.build`.

  Returns:
    An SVG document; the same report gives the same bytes.
  """
  with matplotlib.rc_context(curves.STYLE):
    drawing = Figure(figsize=(10, 3.4), layout='constrained')
    panels = drawing.subplots(1, 3)
    _quality(panels[0], report)
    _per_image(panels[1], report)
    _wrong(panels[2], report)
    for axes in panels:
      axes.set_xlabel('threshold')
      axes.set_xlim(0, 1)
      axes.set_ylim(bottom=0)
      axes.axvline(report['chosen']['default'], color=_CHOSEN, lw=1, ls=':')
    return curves.svg(drawing)


def _quality(axes: Axes, report: Mapping[str, Any]) -> None:
  axes.set_title('Right labels')
  for name in ('precision', 'recall'):
    for iou in IOUS:
      values = [row[name][str(iou)] for row in report['rows']]
      _plot(axes, report, values, f'{name}, IoU {iou}')
  axes.set_ylim(0, 1.02)
  axes.legend(loc='lower left')


def _per_image(axes: Axes, report: Mapping[str, Any]) -> None:
  axes.set_title('Labels per image')
  for key, label in (('per_image', 'judged'), ('unlabelled', 'unlabelled')):
    if key in report['rows'][0]:
      values = [row[key]['mean'] for row in report['rows']]
      _plot(axes, report, values, label)
  wanted = report['labelled']['per_image']
  if wanted is not None:
    axes.axhline(
      wanted, color=curves.COLORS[2], lw=1, ls='--', label='labelled'
    )
  axes.legend(loc='upper right')


def _wrong(axes: Axes, report: Mapping[str, Any]) -> None:
  axes.set_title('Wrong labels per image, IoU 0.5')
  images = max(report['judged']['images'], 1)
  stacks = [
    [row['wrong'][kind] / images for row in report['rows']] for kind in KINDS
  ]
  axes.stackplot(
    report['thresholds'],
    stacks,
    labels=[kind.replace('_', ' ') for kind in KINDS],
    colors=curves.COLORS[1:],
    alpha=0.8,
  )
  axes.legend(loc='upper right')


def _plot(
  axes: Axes,
  report: Mapping[str, Any],
  values: Sequence[float | None],
  label: str,
) -> None:
  # Nothing is drawn where a number is not defined.
  axes.plot(
    report['thresholds'], np.array(values, np.float64), label=label, lw=1.6
  )
