"""Computes COCO's precision and recall with one of two libraries."""

import collections
import contextlib
import io
from collections.abc import Mapping, Sequence
from typing import Any

import faster_coco_eval
import numpy as np
import pycocotools.coco
import pycocotools.cocoeval

from copypaste_tf.evaluation import overlaps

MAX_DETECTIONS = (1, 10, 100)
"""Limits of detections per image and category; recall is computed for each."""

Tables = tuple[np.ndarray, np.ndarray]


def run_pycocotools(
  truth: Mapping[str, Any], detections: Sequence[dict[str, Any]], iou_type: str
) -> Tables:
  """Evaluates with pycocotools, the reference.

  Args:
    truth: ground truth of `coco_inputs.index_groundtruth`.
    detections: results of `coco_inputs.index_results`.
    iou_type: one of `coco_inputs.IOU_TYPES`.

  Returns:
    Precision `[iou, recall, category, area, limit]` and recall `[iou, category,
    area, limit]`, float64 in [0, 1], and -1 without ground truth. The axes are
    ten IoU thresholds from 0.5, the categories by id, the areas all, small,
    medium and large, and `MAX_DETECTIONS`.
  """
  with contextlib.redirect_stdout(io.StringIO()):
    dataset, results = pycocotools.coco.COCO(), pycocotools.coco.COCO()
    dataset.dataset = truth
    results.dataset = {**truth, 'annotations': detections}
    dataset.createIndex()
    results.createIndex()
    run = _Reference(dataset, results, iou_type)
    run.params.maxDets = list(MAX_DETECTIONS)
    run.evaluate()
    run.accumulate()
  return run.eval['precision'], run.eval['recall']


def run_faster(
  truth: Mapping[str, Any],
  detections: Sequence[dict[str, Any]],
  iou_type: str,
  limits: Sequence[int] = MAX_DETECTIONS,
) -> Tables:
  """Evaluates with faster-coco-eval; see `run_pycocotools`.

  Args:
    truth: see `run_pycocotools`.
    detections: see `run_pycocotools`. A detection may have a flag `lvis_mark`:
      if nothing matches it, it is ignored.
    iou_type: one of `coco_inputs.IOU_TYPES`.
    limits: what stands for `MAX_DETECTIONS`, ascending.
  """
  run = _Evaluation(truth, detections, iou_type, limits)
  run.evaluate()
  run.accumulate()
  return run.eval['precision'], run.eval['recall']


class _Reference(pycocotools.cocoeval.COCOeval):
  """Adds boundaries to pycocotools, which treats them as masks."""

  def __init__(self, truth, results, iou_type: str):
    library = 'segm' if iou_type == 'boundary' else iou_type
    super().__init__(truth, results, library)
    self._iou_type = iou_type

  def computeIoU(self, imgId, catId):  # noqa: N802, N803
    """Returns `[d, g]` float64 IoUs, detections by descending score."""
    truth, detections = self._gts[imgId, catId], self._dts[imgId, catId]
    if self._iou_type != 'boundary' or not truth or not detections:
      return super().computeIoU(imgId, catId)
    best = sorted(detections, key=_by_score)[: self.params.maxDets[-1]]
    return overlaps.ious(best, truth, self._iou_type)


class _Evaluation(faster_coco_eval.COCOeval_faster):
  """Runs faster-coco-eval's matching and accumulation on IoUs of pycocotools.

  faster-coco-eval's preparation spends most of the time in Python loops that
  convert each mask and compute its area. The run-length code of pycocotools is
  faster at both. The base class is set to evaluate boxes, which skips masks.
  """

  def __init__(self, truth, detections, iou_type: str, limits: Sequence[int]):
    dataset = faster_coco_eval.COCO()
    dataset.dataset = truth
    dataset.createIndex()
    super().__init__(dataset, None, 'bbox', print_function=lambda *_: None)
    self.params.maxDets = list(limits)
    self._truth = _cells(truth['annotations'])
    self._detections = _cells(detections)
    self._iou_type = iou_type

  def _prepare(self):
    for cells, target in (
      (self._truth, self.gt_dataset),
      (self._detections, self.dt_dataset),
    ):
      target.clean()
      for cell, entries in cells.items():
        for entry in entries:
          target.append_ref(*cell, entry)
    self._nonempty_iou_pairs = self._truth.keys() & self._detections.keys()

  def computeIoU(self, imgId, catId):  # noqa: N802, N803
    """Returns `[d, g]` float64 IoUs, detections by descending score."""
    truth = self._truth[imgId, catId]
    detections = sorted(self._detections[imgId, catId], key=_by_score)
    best = detections[: self.params.maxDets[-1]]
    return overlaps.ious(best, truth, self._iou_type)


def _by_score(detection: Mapping[str, Any]) -> float:
  return -detection['score']


def _cells(entries) -> dict[tuple[int, int], list[dict[str, Any]]]:
  """Groups annotations or results by image and category."""
  cells = collections.defaultdict(list)
  for entry in entries:
    cells[entry['image_id'], entry['category_id']].append(entry)
  return dict(cells)
