"""Makes ground truth in COCO format, and results for it, at random."""

import numpy as np
from pycocotools import mask as coco_mask


def rectangle(y, x, height, width, size=(200, 200)):
  mask = np.zeros(size, np.uint8, order='F')
  mask[y : y + height, x : x + width] = 1
  rle = coco_mask.encode(mask)
  return {
    'bbox': [float(x), float(y), float(width), float(height)],
    'segmentation': rle | {'counts': rle['counts'].decode()},
  }


def random_set(seed, images=12, categories=4, crowds=True, detections=15):
  """A ground truth with results near it, far from it, and with equal scores."""
  rng = np.random.default_rng(seed)
  truth = {
    'images': [{'id': i, 'height': 200, 'width': 200} for i in range(images)],
    'annotations': [],
    'categories': [
      {'id': 3 * k + 1, 'name': f'c{k}'} for k in range(categories)
    ],
  }
  results = []
  for i in range(images):
    for _ in range(rng.integers(0, 8)):
      y, x = rng.integers(0, 100, 2)
      height, width = rng.integers(4, 100, 2)
      category = int(3 * rng.integers(categories) + 1)
      truth['annotations'].append(
        rectangle(y, x, height, width)
        | {
          'id': len(truth['annotations']),
          'image_id': i,
          'category_id': category,
          'area': float(height * width),
          'iscrowd': int(crowds and rng.random() < 0.2),
        }
      )
      for _ in range(rng.integers(0, detections)):
        moved = np.array([y, x, height, width]) + rng.integers(-3, 4, 4)
        moved[:2] = np.maximum(moved[:2], 0)
        results.append(
          rectangle(*np.maximum(moved, [0, 0, 1, 1]))
          | {
            'image_id': i,
            'category_id': category,
            'score': float(rng.integers(20) / 20),
          }
        )
  return truth, results
