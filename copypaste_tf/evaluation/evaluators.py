"""The two evaluators behind COCO's metrics, as functions of plain data."""

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

from copypaste_tf.evaluation.labels import SHAPES

MAX_DETECTIONS = (1, 10, 100)
"""Detections of a category that count in an image; recall has one for each."""

Tables = tuple[np.ndarray, np.ndarray]


def run_pycocotools(
  truth: Mapping[str, Any], found: Sequence[dict[str, Any]], iou_type: str
) -> Tables:
  """Evaluates with pycocotools, the reference.

  Args:
    truth: a ground truth of `labels.index_groundtruth`.
    found: results of `labels.index_results`.
    iou_type: `bbox` or `segm`.

  Returns:
    Precision `[iou, recall, category, area, max detections]` and recall `[iou,
    category, area, max detections]`, float64 in [0, 1], -1 for none. Ten IoU
    thresholds from 0.5, categories by id, the areas all, small, medium, large.
  """
  with contextlib.redirect_stdout(io.StringIO()):
    dataset, detections = pycocotools.coco.COCO(), pycocotools.coco.COCO()
    dataset.dataset = truth
    detections.dataset = {**truth, 'annotations': found}
    dataset.createIndex()
    detections.createIndex()
    run = pycocotools.cocoeval.COCOeval(dataset, detections, iou_type)
    run.params.maxDets = list(MAX_DETECTIONS)
    run.evaluate()
    run.accumulate()
  return run.eval['precision'], run.eval['recall']


def run_faster(
  truth: Mapping[str, Any], found: Sequence[dict[str, Any]], iou_type: str
) -> Tables:
  """Evaluates with faster-coco-eval; as `run_pycocotools`."""
  run = _Evaluation(truth, found, SHAPES[iou_type])
  run.evaluate()
  run.accumulate()
  return run.eval['precision'], run.eval['recall']


class _Evaluation(faster_coco_eval.COCOeval_faster):
  """faster-coco-eval's matching and accumulation with overlaps of our own.

  With its own preparation, most of the time would go into converting each mask
  and taking its area in Python loops over C++ calls; pycocotools' run-length
  code is quicker at both. As an evaluation of boxes it leaves masks alone.
  """

  def __init__(self, truth, found, shape: str):
    dataset = faster_coco_eval.COCO()
    dataset.dataset = truth
    dataset.createIndex()
    super().__init__(dataset, None, 'bbox', print_function=lambda *_: None)
    self.params.maxDets = list(MAX_DETECTIONS)
    self._truth, self._found = _cells(truth['annotations']), _cells(found)
    self._shape = shape

  def _prepare(self):
    for cells, target in (
      (self._truth, self.gt_dataset),
      (self._found, self.dt_dataset),
    ):
      target.clean()
      for cell, entries in cells.items():
        for entry in entries:
          target.append_ref(*cell, entry)
    self._nonempty_iou_pairs = self._truth.keys() & self._found.keys()

  def computeIoU(self, imgId, catId):  # noqa: N802, N803
    """Returns `[d, g]` IoUs, detections by falling score."""
    truth = self._truth[imgId, catId]
    found = self._found[imgId, catId]
    found = sorted(found, key=lambda entry: -entry['score'])
    return coco_mask.iou(
      [entry[self._shape] for entry in found[: MAX_DETECTIONS[-1]]],
      [entry[self._shape] for entry in truth],
      [entry['iscrowd'] for entry in truth],
    )


def _cells(entries) -> dict[tuple[int, int], list[dict[str, Any]]]:
  """Groups annotations or results by image and category."""
  cells = collections.defaultdict(list)
  for entry in entries:
    cells[entry['image_id'], entry['category_id']].append(entry)
  return dict(cells)
