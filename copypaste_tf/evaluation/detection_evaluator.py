"""The base class of the evaluators of detections; it holds the detections."""

import functools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from copypaste_tf.evaluation import (
  coco,
  coco_inputs,
  detection_sets,
  detections,
  tables,
)
from copypaste_tf.evaluation.detections import Detections
from copypaste_tf.evaluation.evaluator import Evaluator

DETECTIONS_FILE = 'detections.json'


class DetectionEvaluator(Evaluator):
  """Collects detections as arrays; a protocol measures them.

  Attributes:
    iou_types: what the protocol can measure, names of `coco_inputs.IOU_TYPES`.
    complete: see `Evaluator`; makes the mask of every detection.
    metric_names: names of the numbers without their prefix, AP first.
  """

  metric_names: Sequence[str]
  output_file = DETECTIONS_FILE
  iou_types: Sequence[str] = coco_inputs.IOU_TYPES

  def __init__(
    self,
    groundtruth: Callable[[], Mapping[str, Any]],
    *,
    iou_types: Sequence[str] = ('bbox', 'segm'),
    per_category: bool = False,
  ):
    """Starts without detections.

    Args:
      groundtruth: returns COCO format; called once, by `prepare` or when it is
        first needed.
      iou_types: what is measured, names of `coco_inputs.IOU_TYPES`.
      per_category: measure the AP of every category too.
    """
    self._read_groundtruth = groundtruth
    self._iou_types = tuple(iou_types)
    self._per_category = per_category
    self._batches: list[Detections] = []
    first = self.metric_names[0]
    self.names = tuple(f'{x}_{first}' for x in self.prefixes(iou_types))
    self.headline = self.headline_of(iou_types)

  @classmethod
  def prefixes(cls, iou_types: Sequence[str]) -> Sequence[str]:
    """Returns the prefixes of the names of the numbers.

    Args:
      iou_types: what is measured.
    """
    del cls
    return [coco.PREFIXES[iou_type] for iou_type in iou_types]

  @classmethod
  def headline_of(cls, iou_types: Sequence[str]) -> str:
    """Returns the metric that decides which checkpoint is the best.

    Args:
      iou_types: what is measured.
    """
    chosen = 'segm' if 'segm' in iou_types else iou_types[-1]
    return f'{coco.PREFIXES[chosen]}_{cls.metric_names[0]}'

  @functools.cached_property
  def groundtruth(self) -> Mapping[str, Any]:
    """The ground truth in COCO format; read when it is first needed."""
    return self._read_groundtruth()

  def reset(self) -> None:
    """Forgets the detections."""
    self._batches = []

  def add(self, outputs: Mapping[str, np.ndarray]) -> None:
    """Adds a batch of detections.

    Args:
      outputs: the arguments of `detections.from_batch`, which has the shapes.
    """
    masked = None if self.complete else self.masked(outputs)
    self._batches.append(detections.from_batch(**outputs, masked=masked))

  def masked(self, outputs: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """Returns which detections need a mask.

    Args:
      outputs: the arguments of `detections.from_batch`, which has the shapes.

    Returns:
      `[b, k]` bool; None if all do.
    """
    del outputs
    return None

  @property
  def detections(self) -> Detections:
    """The detections so far, in the order in which they were added."""
    self._batches = [detection_sets.concat(self._batches)]
    return self._batches[0]

  def replace(self, results: Detections) -> None:
    """Replaces the detections so far, for example by those of a file."""
    self._batches = [results]

  def parts(self) -> dict[str, str]:
    """Returns the detections so far as packed arrays."""
    return self.detections.pack()

  def merge(self, parts: Sequence[Mapping[str, str]]) -> None:
    """Joins the detections of all workers."""
    self.replace(detection_sets.concat(map(detections.unpack, parts)))

  def prepare(self, source_ids: Iterable[int] = ()) -> None:
    """Reads and checks the ground truth; see `Evaluator.prepare`."""
    coco_inputs.check_groundtruth(
      self.groundtruth, coco_inputs.neediest(self._iou_types)
    )
    coco_inputs.check_images(self.groundtruth, source_ids)

  def write(self, folder: str) -> None:
    """Writes the detections to `detections.json` as COCO results."""
    self.detections.write_json(os.path.join(folder, self.output_file))

  def table(self, metrics: Mapping[str, float]) -> str:
    """Returns the numbers of each IoU type as a text table."""
    return tables.summary(metrics, self.metric_names)
