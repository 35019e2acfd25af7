"""Captions of the losses and metrics of a task in a report."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class MetricTable(NamedTuple):
  """Captions of the tables of metrics.

  Attributes:
    title: title of the section.
    about: one sentence under the title.
    columns: titles of the columns of the overall table.
    rows: `{row title: metrics}` with one metric for each column.
    classes: `{metric: column title}` of the table of classes, which shows the
      metrics `METRIC/CLASS`. The last column that was measured sorts the
      classes.
    counted: what the table of classes counts in the ground truth.
  """

  title: str
  about: str
  columns: Sequence[str]
  rows: Mapping[str, Sequence[str]]
  classes: Mapping[str, str]
  counted: str = 'Objects'


class Captions(NamedTuple):
  """Captions of a task.

  Attributes:
    model: name of the model, the subject of the report's first sentence.
    headlines: `{metric: caption}` of the metrics that are shown at the top and
      as curves, the most important one first.
    headline_axis: title of the plot of the headline metrics.
    losses: `{loss: caption}` in the order of the legend.
    panels: `{title of a small plot: {scalar: caption}}`.
    metrics: the tables of metrics.
    batches: one or two sentences above the augmented training batches.
    predictions: one or two sentences above the drawn predictions;
      `{min_score}` stands for the lowest score that is drawn.
  """

  model: str
  headlines: Mapping[str, str]
  headline_axis: str
  losses: Mapping[str, str]
  panels: Mapping[str, Mapping[str, str]]
  metrics: MetricTable
  batches: str
  predictions: str

  def headline(self, metric: str) -> str:
    """Returns the caption of a metric; its own name if it has none."""
    return self.headlines.get(metric, metric)


def plain(task: str, losses: Sequence[str]) -> Captions:
  """Returns the captions of a task that has none of its own.

  Args:
    task: name of the task.
    losses: names of its losses.
  """
  return Captions(
    model=f'A model for {task}',
    headlines={},
    headline_axis='Metrics on held-out images, %',
    losses={name: name for name in losses},
    panels={'Learning rate': {'learning_rate': ''}},
    metrics=MetricTable('Metrics', '', (), {}, {}),
    batches='Training images after augmentation.',
    predictions='Ground truth on the left, predictions on the right.',
  )
