"""Pascal VOC's average precision in plain loops."""

import numpy as np


def average_precisions(truth, results, category):
  """Returns the 11-point average and the area of one class.

  Follows the text of the definition, with inclusive pixels counted from 1.

  Args:
    truth: COCO format with `difficult`.
    results: COCO results.
    category: its id.
  """
  objects = [a for a in truth['annotations'] if a['category_id'] == category]
  required = [a for a in objects if not a.get('difficult')]
  found = [r for r in results if r['category_id'] == category]
  found.sort(key=lambda r: (-r['score'], r['image_id']))
  right, wrong, curve, taken = 0, 0, [], set()
  for result in found:
    best, overlap = None, -1
    for annotation in objects:
      if annotation['image_id'] == result['image_id']:
        value = overlap_of(corners(annotation), corners(result))
        if value > overlap:
          best, overlap = annotation, value
    if overlap > 0.5:
      if best.get('difficult'):
        continue
      if best['id'] not in taken:
        taken.add(best['id'])
        right += 1
      else:
        wrong += 1
    else:
      wrong += 1
    curve.append((right / len(required), right / (right + wrong)))
  if not required:
    return -1, -1
  return eleven_points(curve), area(curve)


def corners(entry):
  """Returns the inclusive pixels of a box, counted from 1."""
  x, y, width, height = entry['bbox']
  return x + 1, y + 1, x + width, y + height


def overlap_of(one, other):
  width = min(one[2], other[2]) - max(one[0], other[0]) + 1
  height = min(one[3], other[3]) - max(one[1], other[1]) + 1
  common = max(width, 0) * max(height, 0)
  areas = [(b[2] - b[0] + 1) * (b[3] - b[1] + 1) for b in (one, other)]
  return common / (sum(areas) - common)


def eleven_points(curve):
  total = 0
  for threshold in np.arange(0, 1.1, 0.1):
    total += max([p for r, p in curve if r >= threshold], default=0) / 11
  return total


def area(curve):
  recalls = [0, *(r for r, _ in curve), 1]
  precisions = [0, *(p for _, p in curve), 0]
  for i in reversed(range(len(precisions) - 1)):
    precisions[i] = max(precisions[i], precisions[i + 1])
  return sum(
    (recalls[i + 1] - recalls[i]) * precisions[i + 1]
    for i in range(len(recalls) - 1)
  )
