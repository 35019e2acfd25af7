"""LVIS's protocol, step by step as it is described, in plain loops."""

import numpy as np
from pycocotools import mask as coco_mask

AREAS = [(0, 1e10), (0, 32**2), (32**2, 96**2), (96**2, 1e10)]
GROUPS = {'rare': 'r', 'common': 'c', 'frequent': 'f'}
THRESHOLDS = np.linspace(0.5, 0.95, 10)
POINTS = np.linspace(0, 1, 101)


def evaluate(truth, results, iou_type, limit=300, fixed=False):
  """Returns the numbers by name, sizes by the shapes that are compared."""
  results = limited(results, 'category_id' if fixed else 'image_id', limit)
  results = [r | {'area': area(r, iou_type)} for r in results]
  results = [r for r in results if r['area'] > 0]
  objects = [a for a in truth['annotations'] if a['area'] > 0]
  results = [r for r in results if verified(r, truth, objects)]
  tables = {
    c['id']: category_tables(
      truth,
      [a for a in objects if a['category_id'] == c['id']],
      [r for r in results if r['category_id'] == c['id']],
      c['id'],
      iou_type,
    )
    for c in truth['categories']
  }
  return numbers(tables, truth, limit)


def limited(results, key, limit):
  kept = []
  for group in {r[key] for r in results}:
    members = [r for r in results if r[key] == group]
    kept += sorted(members, key=lambda r: (-r['score'], r['image_id']))[:limit]
  return kept


def area(result, iou_type):
  if iou_type == 'bbox':
    return result['bbox'][2] * result['bbox'][3]
  return pixels(result).sum()


def pixels(entry):
  return coco_mask.decode(entry['segmentation']).astype(bool)


def verified(result, truth, objects):
  (image,) = [i for i in truth['images'] if i['id'] == result['image_id']]
  pair = (result['image_id'], result['category_id'])
  return result['category_id'] in image.get('neg_category_ids', ()) or any(
    pair == (a['image_id'], a['category_id']) for a in objects
  )


def category_tables(truth, objects, results, category, iou_type):
  """Returns precisions and recall, `[iou][area]`, or None without objects."""
  if not objects:
    return [[None] * len(AREAS)] * len(THRESHOLDS)
  cells = []
  for image in sorted(truth['images'], key=lambda i: i['id']):
    here = [a for a in objects if a['image_id'] == image['id']]
    found = [r for r in results if r['image_id'] == image['id']]
    found.sort(key=lambda r: -r['score'])
    overlaps = [[iou(r, a, iou_type) for a in here] for r in found]
    incomplete = category in image.get('not_exhaustive_category_ids', ())
    cells.append((here, found, overlaps, incomplete))
  return [
    [curve(cells, threshold, limits) for limits in AREAS]
    for threshold in THRESHOLDS
  ]


def iou(result, annotation, iou_type):
  if iou_type == 'bbox':
    return box_iou(result['bbox'], annotation['bbox'])
  first, second = pixels(result), pixels(annotation)
  values = [mask_iou(first, second)]
  if iou_type == 'boundary':
    values.append(mask_iou(boundary(first), boundary(second)))
  return min(values)


def box_iou(a, b):
  sides = [
    max(0, min(a[k] + a[k + 2], b[k] + b[k + 2]) - max(a[k], b[k]))
    for k in (0, 1)
  ]
  inside = sides[0] * sides[1]
  return inside / (a[2] * a[3] + b[2] * b[3] - inside)


def mask_iou(a, b):
  return (a & b).sum() / max((a | b).sum(), 1)


def boundary(mask):
  """Pixels with a pixel outside within the distance, the larger coordinate."""
  height, width = mask.shape
  far = max(1, round(0.02 * np.hypot(height, width)))
  padded = np.pad(mask, far)
  inner = np.ones_like(mask)
  for y in range(2 * far + 1):
    for x in range(2 * far + 1):
      inner &= padded[y : y + height, x : x + width]
  return mask & ~inner


def curve(cells, threshold, limits):
  """Returns precision at the recall points and recall, None if undefined."""
  hits, total = [], 0
  for objects, found, overlaps, incomplete in cells:
    outside = [not limits[0] <= a['area'] <= limits[1] for a in objects]
    total += len(objects) - sum(outside)
    taken = set()
    for result, row in zip(found, overlaps, strict=True):
      match = best_match(row, outside, taken, threshold)
      if match is None:
        wrong_size = not limits[0] <= result['area'] <= limits[1]
        ignored = incomplete or wrong_size
      else:
        taken.add(match)
        ignored = outside[match]
      if not ignored:
        hits.append((result['score'], match is not None))
  if not total:
    return None
  hits.sort(key=lambda hit: -hit[0])
  true = np.cumsum([hit for _, hit in hits]) if hits else np.zeros(0)
  precision, recall = true / np.arange(1, len(hits) + 1), true / total
  points = [max(precision[recall >= p], default=0.0) for p in POINTS]
  return points, recall[-1] if hits else 0.0


def best_match(row, outside, taken, threshold):
  """Objects of the right size come first; of equal IoUs the last one wins."""
  for wrong in (False, True):
    free = [
      (overlap, i)
      for i, overlap in enumerate(row)
      if i not in taken and outside[i] == wrong and overlap >= threshold
    ]
    if free:
      return max(free)[1]
  return None


def numbers(tables, truth, limit):
  groups = {'': [*tables]} | {
    f'_{name}': [
      c['id'] for c in truth['categories'] if c.get('frequency') == letter
    ]
    for name, letter in GROUPS.items()
  }
  every = range(len(THRESHOLDS))
  values = {
    'ap' + name: mean(tables, ids, every, 0, 0) for name, ids in groups.items()
  }
  for name, threshold in (('ap50', 0), ('ap75', 5)):
    values[name] = mean(tables, tables, [threshold], 0, 0)
  values[f'ar{limit}'] = mean(tables, tables, every, 0, 1)
  for size, name in enumerate(('small', 'medium', 'large'), 1):
    values[f'ap_{name}'] = mean(tables, tables, every, size, 0)
    values[f'ar_{name}'] = mean(tables, tables, every, size, 1)
  return values


def mean(tables, ids, thresholds, size, which):
  cells = [tables[i][t][size] for i in ids for t in thresholds]
  defined = [cell[which] for cell in cells if cell is not None]
  return np.mean(defined) if defined else -1.0
