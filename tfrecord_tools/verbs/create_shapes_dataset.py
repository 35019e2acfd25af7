"""Draws scenes and writes them as a COCO-format data set."""

import json
import os
from typing import Any

import cv2
import numpy as np
import tqdm
from absl import flags

from tfrecord_tools import atomic, shape_scenes, shapes

_VAL_ID = 1_000_000
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 92]


def create(
  output_dir: str, *, num_train: int, num_val: int, image_size: int, seed: int
) -> None:
  """Writes the images and the two annotation files.

  Args:
    output_dir: folder, created if it does not exist.
    num_train: number of images for training, at least 0.
    num_val: number of images for evaluation, at least 0.
    image_size: mean side of the images in pixels.
    seed: seed of the scenes, at least 0. The two splits share no scene.
  """
  os.makedirs(os.path.join(output_dir, 'images'), exist_ok=True)
  for split, count, first in (
    ('train', num_train, 1),
    ('val', num_val, _VAL_ID + 1),
  ):
    annotations = _create_split(output_dir, first, count, image_size, seed)
    path = os.path.join(output_dir, f'instances_{split}.json')
    text = json.dumps(annotations, sort_keys=True)
    atomic.write_bytes(path, text.encode())


def _create_split(
  output_dir: str, first: int, count: int, image_size: int, seed: int
) -> dict[str, Any]:
  images, annotations = [], []
  for image_id in tqdm.trange(first, first + count, unit='image'):
    # Each image has its own generator, so the split does not change a scene.
    rng = np.random.default_rng([seed, image_id])
    image, objects = shape_scenes.draw_scene(rng, image_size)
    name = f'{image_id:012d}.jpg'
    _write_jpeg(os.path.join(output_dir, 'images', name), image)
    height, width = image.shape[:2]
    images.append(
      {'id': image_id, 'file_name': name, 'height': height, 'width': width}
    )
    for k, item in enumerate(objects):
      # Ids stay below 2**31 and do not depend on other images.
      ids = {'id': 100 * image_id + k, 'image_id': image_id}
      annotations.append({**ids, **item})
  return {
    'info': {'description': f'Generated shapes, seed {seed}.'},
    'licenses': [],
    'images': images,
    'annotations': annotations,
    'categories': [
      {'id': s.category_id, 'name': s.name, 'supercategory': 'shape'}
      for s in shapes.SHAPES
    ],
  }


def _write_jpeg(path: str, image: np.ndarray) -> None:
  if image.ndim == 3:
    image = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
  encoded, data = cv2.imencode('.jpg', image, _JPEG)
  if not encoded:
    raise ValueError(f'{path}: OpenCV cannot encode {image.shape} as a JPEG.')
  with open(path, 'wb') as file:
    file.write(data.tobytes())


def main() -> None:
  """Writes the data set that the flags describe."""
  values = flags.FLAGS
  create(
    values.output_dir,
    num_train=values.num_train,
    num_val=values.num_val,
    image_size=values.image_size,
    seed=values.seed,
  )
