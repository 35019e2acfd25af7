"""The outputs of a detector as COCO results."""

from typing import Any

import numpy as np

from copypaste_tf.evaluation import pasting
from copypaste_tf.records import rle


def results(
  source_ids: np.ndarray,
  original_sizes: np.ndarray,
  boxes: np.ndarray,
  scores: np.ndarray,
  classes: np.ndarray,
  masks: np.ndarray | None = None,
) -> list[dict[str, Any]]:
  """Converts a batch of detections to COCO's results format.

  Args:
    source_ids: `[b]` image ids.
    original_sizes: `[b, 2]` height and width of the original images.
    boxes: `[b, k, 4]` float `(ymin, xmin, ymax, xmax)` in pixels of the
      original image; clipped to it.
    scores: `[b, k]` float.
    classes: `[b, k]` category ids; 0 and below is padding.
    masks: `[b, k, m, m]` float probabilities relative to the boxes before
      clipping, or None.

  Returns:
    One dict per detection with `image_id`, `category_id`, `bbox` `[x, y, width,
    height]`, `score` and, with masks, `segmentation`, a compressed RLE of the
    original image. JSON can hold them.

  Raises:
    ValueError: the leading dimensions disagree, or a box or score is not
      finite.
  """
  _check_shapes(source_ids, original_sizes, boxes, scores, classes, masks)
  found = []
  for i, source_id in enumerate(source_ids):
    size = tuple(int(side) for side in original_sizes[i])
    present = np.flatnonzero(np.asarray(classes[i]) > 0)
    _check_finite(source_id, boxes[i][present], scores[i][present])
    for j in present:
      found.append(
        _result(source_id, size, boxes[i][j], scores[i][j], classes[i][j])
      )
      if masks is not None:
        crop = pasting.paste(masks[i][j], boxes[i][j], size)
        found[-1]['segmentation'] = rle.encode(crop, size)
  return found


def _result(source_id, size, box, score, category) -> dict[str, Any]:
  height, width = size
  ymin, xmin, ymax, xmax = np.clip(
    np.asarray(box, np.float64), 0, [height, width, height, width]
  )
  # Rounded well below what the metrics can tell, to keep the files small.
  sides = [round(x, 4) for x in map(float, (xmin, ymin, xmax, ymax))]
  left, top, right, bottom = sides
  bbox = [left, top, round(right - left, 4), round(bottom - top, 4)]
  return {
    'image_id': int(source_id),
    'category_id': int(category),
    'bbox': bbox,
    'score': round(float(score), 8),
  }


def _check_shapes(source_ids, original_sizes, boxes, scores, classes, masks):
  batch, count = np.shape(scores)
  expected = {
    'source_ids': (np.shape(source_ids), (batch,)),
    'original_sizes': (np.shape(original_sizes), (batch, 2)),
    'boxes': (np.shape(boxes), (batch, count, 4)),
    'classes': (np.shape(classes), (batch, count)),
  }
  if masks is not None:
    expected['masks'] = (np.shape(masks)[:2], (batch, count))
  for name, (shape, wanted) in expected.items():
    if shape != wanted:
      raise ValueError(
        f'{name} must have the shape {list(wanted)} to go with scores of '
        f'[{batch}, {count}], got {list(shape)}.'
      )


def _check_finite(source_id, boxes, scores) -> None:
  for name, values in (('box', boxes), ('score', scores)):
    if not np.isfinite(values).all():
      raise ValueError(
        f'image {source_id} has a detection whose {name} is not finite; has '
        'the training diverged?'
      )
