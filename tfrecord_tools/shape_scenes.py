"""Draws scenes of overlapping shapes, with annotations in COCO's format."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from pycocotools import mask as coco_mask

from tfrecord_tools import run_lengths, shapes, textures

EMPTY_SHARE = 0.03
GREY_SHARE = 0.04
CROWD_SHARE = 0.06
MAX_OBJECTS = 8
MIN_PIXELS = 6
# Smallest visible share of an object. An object that would hide more of another
# one is not placed.
MIN_VISIBLE = 0.35
_TRIES = 12


class Item(NamedTuple):
  """One object of a scene.

  Attributes:
    shape: the category.
    mask: `[h, w]` bool, including pixels that other objects cover.
    polygon: COCO polygons with exactly the pixels of `mask`, or None.
    crowd: whether it is a cluster of tiny objects.
  """

  shape: shapes.Shape
  mask: np.ndarray
  polygon: list[list[float]] | None
  crowd: bool


def draw_scene(
  rng: np.random.Generator,
  image_size: int,
  catalogue: Sequence[shapes.Shape] = shapes.SHAPES,
  *,
  crowds: bool = True,
  required: Sequence[shapes.Shape] = (),
) -> tuple[np.ndarray, list[dict[str, Any]]]:
  """Draws one image with its objects.

  Args:
    rng: source of the randomness; the scene is a function of its state.
    image_size: mean side in pixels; the sides vary by a quarter.
    catalogue: the categories to draw from.
    crowds: whether some images have a crowd.
    required: categories of which the image has an object in any case.

  Returns:
    `[h, w, 3]` uint8 RGB or `[h, w]` uint8 grey, and the annotations without
    their ids, back to front.
  """
  low, high = round(0.75 * image_size), round(1.25 * image_size)
  height, width = rng.integers(low, high + 1, 2).tolist()
  canvas = textures.background(rng, height, width)
  items: list[Item] = []
  for shape in required:
    _add_object(canvas, items, rng, image_size, shape)
  if rng.random() >= EMPTY_SHARE:
    if crowds and rng.random() < CROWD_SHARE:
      _add(canvas, items, rng, _crowd(rng, height, width, image_size))
    for _ in range(rng.integers(1, MAX_OBJECTS + 1)):
      _add_object(canvas, items, rng, image_size, _draw_shape(rng, catalogue))
  image = np.round(canvas).astype(np.uint8)
  if rng.random() < GREY_SHARE:
    image = np.round(canvas @ [0.299, 0.587, 0.114]).astype(np.uint8)
  return image, _annotations(items)


def _draw_shape(
  rng: np.random.Generator, catalogue: Sequence[shapes.Shape]
) -> shapes.Shape:
  frequencies = [shape.frequency for shape in catalogue]
  return catalogue[rng.choice(len(frequencies), p=frequencies)]


def _add_object(
  canvas: np.ndarray,
  items: list[Item],
  rng: np.random.Generator,
  image_size: int,
  shape: shapes.Shape,
) -> None:
  radius = _radius(rng, image_size)
  for _ in range(_TRIES):
    if _add(canvas, items, rng, _object(rng, canvas, shape, radius)):
      return


def _radius(rng: np.random.Generator, image_size: int) -> float:
  """Draws a radius in pixels; one in twenty is tiny, one in twenty large."""
  kind = rng.random()
  if kind < 0.05:
    return rng.uniform(2.5, 5.0)
  if kind < 0.10:
    return image_size * rng.uniform(0.3, 0.45)
  return image_size * np.exp(rng.uniform(np.log(0.07), np.log(0.25)))


def _object(
  rng: np.random.Generator,
  canvas: np.ndarray,
  shape: shapes.Shape,
  radius: float,
) -> Item | None:
  """Places one object at random; returns None if too little is inside."""
  height, width = canvas.shape[:2]
  parts, holes = shapes.place(
    shape.outline(),
    center=(rng.uniform(0, width), rng.uniform(0, height)),
    radius=radius,
    angle=rng.uniform(0, 2 * np.pi),
    stretch=np.exp(rng.uniform(-0.15, 0.15)),
  )
  mask = _rasterize(parts, height, width)
  if holes:
    mask &= ~_rasterize(holes, height, width)
  points = np.concatenate(parts)
  inside = (points >= 0).all() and (points <= [width, height]).all()
  if not inside and mask.sum() < 0.7 * radius**2:
    return None
  polygon = [part.ravel().tolist() for part in parts]
  return Item(shape, mask, polygon if inside and not holes else None, False)


def _crowd(
  rng: np.random.Generator, height: int, width: int, image_size: int
) -> Item:
  """Draws the mask of a crowd: tiny objects of one class, one label."""
  shape = shapes.SHAPES[rng.integers(4)]
  center = rng.uniform(0.2, 0.8, 2) * [width, height]
  mask = np.zeros((height, width), bool)
  for _ in range(rng.integers(10, 25)):
    parts, _ = shapes.place(
      shape.outline(),
      center=tuple(center + rng.normal(0, 0.09 * image_size, 2)),
      radius=rng.uniform(0.015, 0.03) * image_size + 1,
      angle=rng.uniform(0, 2 * np.pi),
      stretch=1.0,
    )
    mask |= _rasterize(parts, height, width)
  return Item(shape, mask, None, True)


def _add(
  canvas: np.ndarray,
  items: list[Item],
  rng: np.random.Generator,
  item: Item | None,
) -> bool:
  """Draws an item over the others, unless it would hide one of them."""
  if item is None or item.mask.sum() < MIN_PIXELS:
    return False
  visible = _visible([*items, item])
  needed = [max(MIN_PIXELS, MIN_VISIBLE * other.mask.sum()) for other in items]
  if any(v.sum() < n for v, n in zip(visible, needed, strict=False)):
    return False
  items.append(item)
  rows = np.flatnonzero(item.mask.any(axis=1))
  columns = np.flatnonzero(item.mask.any(axis=0))
  window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
  inside = item.mask[window]
  surface = textures.paint(rng, *inside.shape, item.shape.hue)
  canvas[window][inside] = surface[inside]
  return True


def _visible(items: list[Item]) -> list[np.ndarray]:
  """Returns the pixels of each item that later items do not cover."""
  covered = np.zeros(items[0].mask.shape, bool)
  visible = []
  for item in reversed(items):
    visible.append(item.mask & ~covered)
    covered |= item.mask
  return visible[::-1]


def _annotations(items: list[Item]) -> list[dict[str, Any]]:
  visible = _visible(items) if items else []
  return [_annotation(*pair) for pair in zip(items, visible, strict=True)]


def _annotation(item: Item, mask: np.ndarray) -> dict[str, Any]:
  encoded = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
  if item.crowd:
    segmentation = {
      'counts': run_lengths.from_mask(mask),
      'size': list(mask.shape),
    }
  elif item.polygon and mask.sum() == item.mask.sum():
    segmentation = item.polygon
  else:
    counts = encoded['counts'].decode()
    segmentation = {'counts': counts, 'size': list(mask.shape)}
  return {
    'category_id': item.shape.category_id,
    'iscrowd': int(item.crowd),
    'area': int(mask.sum()),
    'bbox': coco_mask.toBbox(encoded).tolist(),
    'segmentation': segmentation,
  }


def _rasterize(parts: list[np.ndarray], height: int, width: int) -> np.ndarray:
  polygons = [part.ravel().tolist() for part in parts]
  encoded = coco_mask.merge(coco_mask.frPyObjects(polygons, height, width))
  counts = run_lengths.from_string(encoded['counts'])
  crop = run_lengths.to_crop(counts, (height, width))
  mask = np.zeros((height, width), bool)
  mask[crop.window] = crop.mask
  return mask
