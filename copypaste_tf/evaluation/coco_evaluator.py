"""COCO's metrics as an evaluator of detections."""

import functools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from copypaste_tf.evaluation import (
  coco,
  coco_backends,
  coco_inputs,
  detections,
  tables,
)
from copypaste_tf.evaluation.detections import Detections
from copypaste_tf.evaluation.evaluator import Evaluator

DETECTIONS_FILE = 'detections.json'


class CocoEvaluator(Evaluator):
  """Measures box and mask AP of detections against COCO's ground truth."""

  max_detections = coco_backends.MAX_DETECTIONS[-1]
  output_file = DETECTIONS_FILE

  def __init__(
    self,
    groundtruth: Callable[[], Mapping[str, Any]],
    *,
    masks: bool = True,
    per_category: bool = False,
  ):
    """Starts without detections.

    Args:
      groundtruth: returns COCO format; called once, by `prepare` or the first
        `metrics`.
      masks: measure masks too, not only boxes.
      per_category: measure the AP of every category too.
    """
    self._read_groundtruth = groundtruth
    self._iou_types = ('bbox', 'segm') if masks else ('bbox',)
    self._per_category = per_category
    self._batches: list[Detections] = []
    self.names = tuple(f'{coco.PREFIXES[x]}_ap' for x in self._iou_types)
    self.headline = self.names[-1]

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
      outputs: the arguments of `detections.from_batch`.
    """
    self._batches.append(detections.from_batch(**outputs))

  @property
  def detections(self) -> Detections:
    """The detections so far, in the order in which they were added."""
    self._batches = [detections.concat(self._batches)]
    return self._batches[0]

  def replace(self, results: Detections) -> None:
    """Replaces the detections so far, for example by those of a file."""
    self._batches = [results]

  def parts(self) -> dict[str, str]:
    """Returns the detections so far as packed arrays."""
    return self.detections.pack()

  def merge(self, parts: Sequence[Mapping[str, str]]) -> None:
    """Joins the detections of all workers."""
    self.replace(detections.concat(map(detections.unpack, parts)))

  def prepare(self, source_ids: Iterable[int] = ()) -> None:
    """Reads and checks the ground truth; see `Evaluator.prepare`."""
    # The check of masks includes that of boxes.
    coco_inputs.check_groundtruth(self.groundtruth, self._iou_types[-1])
    coco_inputs.check_images(self.groundtruth, source_ids)

  def write(self, folder: str) -> None:
    """Writes the detections to `detections.json` as COCO results."""
    self.detections.write_json(os.path.join(folder, self.output_file))

  def metrics(self) -> dict[str, float]:
    """Returns COCO's metrics; see `coco.evaluate`."""
    return coco.evaluate(
      self.groundtruth,
      self.detections,
      iou_types=self._iou_types,
      per_category=self._per_category,
      # Category ids may have gaps, and a model may predict an id in a gap.
      strict_categories=False,
    )

  def table(self, metrics: Mapping[str, float]) -> str:
    """Returns COCO's 12 numbers of boxes and of masks as a text table."""
    return tables.summary(metrics)
