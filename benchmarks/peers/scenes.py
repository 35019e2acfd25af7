"""Real masks on a square canvas, with markers in place of the pixels.

A target is black and a source is white, so each pixel of an example tells the
image that it comes from. Each object has a class of its own, so each label of
an example tells the object that it stands for.
"""

import json
import pathlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from pycocotools import mask as coco_mask

# Added to the class of each object of a source; the first class is 1.
SOURCE = 10_000
SETS = {
  'coco': 'coco_sample/instances_train.json',
  'lvis': 'lvis_val_sample/lvis_val_100.json',
  'nuclei': 'nuclei/instances_train.json',
}


class Scene(NamedTuple):
  """One image of a pair.

  Attributes:
    image: `[s, s, 3]` uint8, the same value everywhere.
    masks: `[n, s, s]` bool, none of them empty.
    boxes: `[n, 4]` float32 tight boxes `(xmin, ymin, xmax, ymax)`, in pixels.
    classes: `[n]` int32, no two equal.
  """

  image: np.ndarray
  masks: np.ndarray
  boxes: np.ndarray
  classes: np.ndarray


def by_image(truth: dict) -> list[tuple[dict, list[dict]]]:
  """Returns each image that has objects, with them; crowds are left out."""
  objects = {image['id']: [] for image in truth['images']}
  for annotation in truth['annotations']:
    if not annotation.get('iscrowd'):
      objects[annotation['image_id']].append(annotation)
  return [(i, objects[i['id']]) for i in truth['images'] if objects[i['id']]]


def mask_of(annotation: dict, size: tuple[int, int]) -> np.ndarray:
  """Returns the mask of an annotation in COCO's form as `[h, w]` bool."""
  parts = annotation['segmentation']
  if isinstance(parts, dict) and isinstance(parts['counts'], str):
    return coco_mask.decode(parts).astype(bool)
  parts = coco_mask.frPyObjects(parts, *size)
  merged = coco_mask.merge(parts) if isinstance(parts, list) else parts
  return coco_mask.decode(merged).astype(bool)


def fitted(masks: np.ndarray, canvas: int) -> np.ndarray:
  """Scales masks to the canvas, whose lower or right part may stay empty."""
  size = np.array(masks.shape[1:])
  new = np.maximum(np.round(size * canvas / size.max()).astype(int), 1)
  rows, columns = (
    ((np.arange(n) + 0.5) * old / n).astype(int)
    for n, old in zip(new, size, strict=True)
  )
  result = np.zeros((len(masks), canvas, canvas), bool)
  result[:, : new[0], : new[1]] = masks[:, rows][:, :, columns]
  return result


def tight_box(mask: np.ndarray) -> np.ndarray:
  """Returns the box `(xmin, ymin, xmax, ymax)` of a mask with pixels."""
  (y,), (x,) = (np.nonzero(mask.any(axis)) for axis in (1, 0))
  return np.array([x[0], y[0], x[-1] + 1, y[-1] + 1], np.float32)


def make(masks: np.ndarray, *, value: int, first_class: int) -> Scene:
  """Makes a scene of masks on the canvas; empty ones are left out."""
  masks = masks[masks.any((1, 2))]
  return Scene(
    np.full((*masks.shape[1:], 3), value, np.uint8),
    masks,
    np.array([tight_box(m) for m in masks], np.float32).reshape(-1, 4),
    np.arange(len(masks), dtype=np.int32) + first_class,
  )


def pairs(
  data: pathlib.Path, name: str, *, canvas: int, count: int
) -> Iterator[tuple[Scene, Scene]]:
  """Yields pairs of a target and the next image of the set as its source.

  Args:
    data: folder of the sample sets.
    name: a key of `SETS`.
    canvas: height and width in pixels.
    count: number of pairs; the images of a set are repeated only by this.
  """
  images = by_image(json.loads((data / SETS[name]).read_text()))

  def masks(number):
    image, annotations = images[number % len(images)]
    size = image['height'], image['width']
    return fitted(np.stack([mask_of(a, size) for a in annotations]), canvas)

  source = masks(0)
  for number in range(count):
    target, source = source, masks(number + 1)
    yield (
      make(target, value=0, first_class=1),
      make(source, value=255, first_class=SOURCE + 1),
    )
