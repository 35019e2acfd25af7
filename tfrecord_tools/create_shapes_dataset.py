r"""Creates a small COCO-format data set of textured shapes without a download.

The data set has overlaps, holes, objects of several parts, crowds, tiny and
large objects, rare classes, grey images and images without objects. The same
flags give the same bytes.

  python -m tfrecord_tools.create_shapes_dataset --output_dir=build/shapes
"""

import json
import os
from typing import Any

import cv2
import numpy as np
import tqdm
from absl import app, flags

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


def _define_flags() -> None:
  # Not at import: verbs share names of flags, and a process may import several.
  flags.DEFINE_string(
    'output_dir',
    None,
    'Folder for images/*.jpg, instances_train.json and instances_val.json.',
    required=True,
  )
  flags.DEFINE_integer('num_train', 1500, 'Images for training.', 0)
  flags.DEFINE_integer('num_val', 200, 'Images for evaluation.', 0)
  flags.DEFINE_integer(
    'image_size',
    160,
    'Pixels; the sides of the images vary by a quarter around it.',
    lower_bound=32,
  )
  flags.DEFINE_integer('seed', 0, 'Other seeds give other images.', 0)


def _run(argv: list[str]) -> None:
  if len(argv) > 1:
    raise app.UsageError(f'unexpected arguments: {argv[1:]}')
  values = flags.FLAGS
  create(
    values.output_dir,
    num_train=values.num_train,
    num_val=values.num_val,
    image_size=values.image_size,
    seed=values.seed,
  )


def main() -> None:
  """Runs the command line; see `--help`."""
  _define_flags()
  app.run(_run)


if __name__ == '__main__':
  main()
