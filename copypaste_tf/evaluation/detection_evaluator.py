"""The common part of the evaluators of detections: the detections."""

import abc
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
    complete: make the mask of every detection, also where the protocol does not
      need it.
  """

  output_file = DETECTIONS_FILE
  complete = False

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
    names = {x: f'{coco.PREFIXES[x]}_ap' for x in self._iou_types}
    self.names = tuple(names.values())
    self.headline = names.get('segm', self.names[-1])

  @functools.cached_property
  def groundtruth(self) -> Mapping[str, Any]:
    """The ground truth in COCO format; read when it is first needed."""
    return self._read_groundtruth()

  @property
  @abc.abstractmethod
  def metric_names(self) -> Sequence[str]:
    """Names of the numbers of each IoU type, without its prefix."""

  def reset(self) -> None:
    """Forgets the detections."""
    self._batches = []

  def add(self, outputs: Mapping[str, np.ndarray]) -> None:
    """Adds a batch of detections.

    Args:
      outputs: the arguments of `detections.from_batch`.
    """
    masked = None if self.complete else self.masked(outputs)
    self._batches.append(detections.from_batch(**outputs, masked=masked))

  def notes(self) -> list[str]:
    """Returns what of the ground truth does not count, one sentence each."""
    return []

  def masked(self, outputs: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """Returns which detections need a mask, as `detections.from_batch` takes.

    Args:
      outputs: the arguments of `detections.from_batch`.
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
