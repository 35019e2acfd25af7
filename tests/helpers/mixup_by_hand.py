"""Mixup of two canvases in NumPy, image by image and object by object."""

import numpy as np
import reference


def blend(target, source, share):
  """Returns the mixed image of `[h, w, 3]` images, pixel by pixel."""
  mixed = np.zeros_like(target)
  for y, x in np.ndindex(target.shape[:2]):
    mixed[y, x] = share * target[y, x] + (1 - share) * source[y, x]
  return mixed


def labels(targets, sources, i, share):
  """Returns (class, box, mask, weight, of the source) of all objects.

  Args:
    targets: `Scenes` of NumPy arrays on the canvas.
    sources: the same.
    i: number of the image.
    share: share of the target.
  """
  found = []
  for scenes, weight, of_source in (
    (targets, share, False),
    (sources, 1 - share, True),
  ):
    if weight < 1 / 256:
      continue
    for k in np.flatnonzero(scenes.classes[i]):
      mask = reference.mask_of(scenes.planes[i], scenes.ids[i, k])
      box = tuple(scenes.boxes[i, k])
      found.append((scenes.classes[i, k], box, mask, weight, of_source))
  return found
