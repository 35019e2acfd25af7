"""Non-maximum suppression as a slow loop."""

import numpy as np


def iou(a, b):
  size = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
  common = np.prod(np.maximum(size, 0))
  return common / (
    np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - common + 1e-8
  )


def suppress_by_hand(boxes, scores, threshold, least=-np.inf):
  kept = []
  for i in np.argsort(-scores, kind='stable'):
    clear = all(iou(boxes[i], boxes[j]) < threshold for j in kept)
    if clear and scores[i] > least:
      kept.append(i)
  return kept
