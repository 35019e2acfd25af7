"""Computes IoUs of boxes, of masks and of boundaries."""

from collections.abc import Mapping, Sequence
from typing import Any

import faster_coco_eval.core.mask as faster_mask
import numpy as np
from pycocotools import mask as coco_mask

from copypaste_tf.evaluation.coco_inputs import SHAPES

LOWEST_IOU = 0.5
"""A lower IoU matches nothing."""
DILATION = 0.02
"""Width of a boundary relative to the diagonal of the image."""


def ious(
  detections: Sequence[Mapping[str, Any]],
  truth: Sequence[Mapping[str, Any]],
  iou_type: str,
) -> np.ndarray:
  """Computes the IoUs of detections and annotations of one image.

  The IoU for `boundary` is the smaller one of the IoU of the masks and the IoU
  of their boundaries: Cheng et al., Boundary IoU, CVPR 2021. With a crowd it is
  that of the masks. A value below `LOWEST_IOU` may be too large, since such an
  IoU matches nothing.

  Args:
    detections: d entries with a box or a compressed RLE, as the type needs.
    truth: g annotations in the same form, with `iscrowd`.
    iou_type: one of `coco_inputs.IOU_TYPES`.

  Returns:
    `[d, g]` float64 in [0, 1]. With a crowd the union is the detection.
  """
  key = SHAPES[iou_type]
  shapes, annotated = [d[key] for d in detections], [t[key] for t in truth]
  crowd = [t['iscrowd'] for t in truth]
  table = coco_mask.iou(shapes, annotated, crowd)
  if iou_type == 'boundary':
    _limit_by_boundaries(table, shapes, annotated, np.array(crowd, bool))
  return table


def boundary(mask: Mapping[str, Any]) -> dict[str, Any]:
  """Returns the pixels of a mask that lie near its edge.

  The edge of the image is an edge of the mask. The distance is that of the
  larger coordinate; near is within `DILATION` of the diagonal of the image, and
  at least one pixel.

  Args:
    mask: compressed RLE.

  Returns:
    A compressed RLE.
  """
  return faster_mask.rleToBoundary(dict(mask), DILATION)


def _limit_by_boundaries(table, shapes, annotated, crowd) -> None:
  """Lowers IoUs of masks that could match to those of the boundaries.

  Most pairs cannot match, so their boundaries are not made.
  """
  near = (table >= LOWEST_IOU) & ~crowd
  rows, columns = near.any(1).nonzero()[0], near.any(0).nonzero()[0]
  if rows.size:
    part = np.ix_(rows, columns)
    edges = coco_mask.iou(
      [boundary(shapes[i]) for i in rows],
      [boundary(annotated[i]) for i in columns],
      [False] * len(columns),
    )
    table[part] = np.minimum(table[part], edges)
