"""Random ground truths with the lists of LVIS, and results near them."""

import numpy as np
from pycocotools import mask as coco_mask

SIZE = (120, 130)
FREQUENCIES = ('r', 'c', 'f', 'f', None)


def shape(top, left, height, width, hole=0):
  """Returns box and mask of a rectangle whose upper left part is cut out."""
  mask = np.zeros(SIZE, np.uint8, order='F')
  mask[top : top + height, left : left + width] = 1
  mask[top : top + hole, left : left + hole] = 0
  rle = coco_mask.encode(mask)
  return {
    'bbox': [float(left), float(top), float(width), float(height)],
    'segmentation': rle | {'counts': rle['counts'].decode()},
  }


def random_set(seed, images=7):
  """Returns ground truth and results; some of both have no area.

  Scores are often equal. Images have objects, verified absences, incomplete
  categories, or nothing.
  """
  rng = np.random.default_rng(seed)
  ids = np.arange(len(FREQUENCIES)) * 2 + 1
  truth = {
    'images': [_image(rng, number, ids) for number in range(images)],
    'categories': [
      {'id': int(i), 'name': f'c{i}'} | ({'frequency': f} if f else {})
      for i, f in zip(ids, FREQUENCIES, strict=True)
    ],
    'annotations': [],
  }
  results = []
  for number in range(images):
    for _ in range(rng.integers(0, 5)):
      place = rng.integers([0, 0, 8, 8], [40, 40, 80, 80])
      entry = {'image_id': number, 'category_id': int(rng.choice(ids[:4]))}
      empty = rng.random() < 0.1
      area = 0 if empty else float(rng.choice([500, 4000, 10000]))
      truth['annotations'].append(
        shape(*place, 3)
        | entry
        | {'id': len(truth['annotations']), 'area': area}
      )
      for _ in range(rng.integers(0, 5)):
        results.append(_near(rng, place, entry, ids))
  return truth, results


def _image(rng, number, ids):
  lists = {
    'neg_category_ids': rng.choice(ids, rng.integers(4), replace=False),
    'not_exhaustive_category_ids': rng.choice(ids, rng.integers(3)),
  }
  height, width = SIZE
  return {'id': number, 'height': height, 'width': width} | {
    key: value.tolist() for key, value in lists.items() if rng.random() < 0.9
  }


def _near(rng, place, entry, ids):
  moved = np.maximum(place + rng.integers(-2, 3, 4), [0, 0, 1, 1])
  if rng.random() < 0.1:
    moved[2] = 0
  category = rng.choice(ids) if rng.random() < 0.2 else entry['category_id']
  return shape(*moved, rng.integers(0, 4)) | {
    'image_id': entry['image_id'],
    'category_id': int(category),
    'score': float(rng.integers(8) / 8),
  }
