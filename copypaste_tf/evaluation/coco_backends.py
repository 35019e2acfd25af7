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
from pycocotools import mask as coco_mask

from copypaste_tf.evaluation.coco_inputs import SHAPES

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
    iou_type: `bbox` or `segm`.

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
    run = pycocotools.cocoeval.COCOeval(dataset, results, iou_type)
    run.params.maxDets = list(MAX_DETECTIONS)
    run.evaluate()
    run.accumulate()
  return run.eval['precision'], run.eval['recall']


def run_faster(
  truth: Mapping[str, Any], detections: Sequence[dict[str, Any]], iou_type: str
) -> Tables:
  """Evaluates with faster-coco-eval; see `run_pycocotools`."""
  run = _Evaluation(truth, detections, SHAPES[iou_type])
  run.evaluate()
  run.accumulate()
  return run.eval['precision'], run.eval['recall']


class _Evaluation(faster_coco_eval.COCOeval_faster):
  """Runs faster-coco-eval's matching and accumulation on IoUs of pycocotools.

  faster-coco-eval's preparation spends most of the time in Python loops that
  convert each mask and compute its area. The run-length code of pycocotools is
  faster at both. The base class is set to evaluate boxes, which skips masks.
  """

  def __init__(self, truth, detections, shape: str):
    dataset = faster_coco_eval.COCO()
    dataset.dataset = truth
    dataset.createIndex()
    super().__init__(dataset, None, 'bbox', print_function=lambda *_: None)
    self.params.maxDets = list(MAX_DETECTIONS)
    self._truth = _cells(truth['annotations'])
    self._detections = _cells(detections)
    self._shape = shape

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
    detections = self._detections[imgId, catId]
    detections = sorted(detections, key=lambda entry: -entry['score'])
    return coco_mask.iou(
      [entry[self._shape] for entry in detections[: MAX_DETECTIONS[-1]]],
      [entry[self._shape] for entry in truth],
      [entry['iscrowd'] for entry in truth],
    )


def _cells(entries) -> dict[tuple[int, int], list[dict[str, Any]]]:
  """Groups annotations or results by image and category."""
  cells = collections.defaultdict(list)
  for entry in entries:
    cells[entry['image_id'], entry['category_id']].append(entry)
  return dict(cells)
