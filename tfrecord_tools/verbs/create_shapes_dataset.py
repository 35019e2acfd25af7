"""Draws scenes and writes them as a COCO-format data set."""

import json
import os
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import cv2
import numpy as np
import tqdm
from absl import flags

from copypaste_tf import whole_files
from tfrecord_tools import lvis_shapes, shape_scenes, shapes, voc_shapes

_VAL_ID = 1_000_000
_VOC_VAL_ID = 500_000  # Names of Pascal VOC have six digits.
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 92]


class _Scene(NamedTuple):
  """A drawn image: id, file name, pixels and annotations without ids."""

  image_id: int
  name: str
  image: np.ndarray
  objects: list[dict[str, Any]]


def create(
  output_dir: str,
  *,
  num_train: int,
  num_val: int,
  image_size: int,
  seed: int,
  lvis: bool = False,
) -> None:
  """Writes the images and the two annotation files.

  Args:
    output_dir: folder, created if it does not exist.
    num_train: number of images for training, at least 0.
    num_val: number of images for evaluation, at least 0.
    image_size: mean side of the images in pixels.
    seed: seed of the scenes, at least 0. The two splits share no scene.
    lvis: whether to write LVIS's form, with a long tail of categories.
  """
  frequencies = None
  for split, count, first in (
    ('train', num_train, 1),
    ('val', num_val, _VAL_ID + 1),
  ):
    image_ids = range(first, first + count)
    make = _lvis_scenes if lvis else _coco_scenes
    data = _create_split(output_dir, make(split, image_ids, image_size, seed))
    data['info'] = {'description': f'Generated shapes, seed {seed}.'}
    if lvis:
      data = lvis_shapes.to_lvis(data, seed, frequencies)
      frequencies = lvis_shapes.frequencies_of(data)
    path = os.path.join(output_dir, f'instances_{split}.json')
    text = json.dumps(data, sort_keys=True)
    whole_files.write_bytes(path, text.encode())


def create_voc(
  output_dir: str, *, num_train: int, num_val: int, image_size: int, seed: int
) -> None:
  """Writes a VOCdevkit; see `create` for the arguments."""
  for split, count, first in (
    ('train', num_train, 1),
    ('val', num_val, _VOC_VAL_ID + 1),
  ):
    image_ids = range(first, first + count)
    voc_shapes.write(output_dir, voc_shapes.lists(split, image_ids))
    for scene in _voc_scenes(image_ids, image_size, seed):
      path = os.path.join(output_dir, scene.name)
      os.makedirs(os.path.dirname(path), exist_ok=True)
      _write_jpeg(path, scene.image)
      files = voc_shapes.label_files(
        scene.image_id, scene.image.shape[:2], scene.objects, image_size
      )
      voc_shapes.write(output_dir, files)


def _voc_scenes(
  image_ids: range, image_size: int, seed: int
) -> Iterator[_Scene]:
  for image_id in tqdm.tqdm(image_ids, unit='image'):
    rng = np.random.default_rng([seed, image_id])
    image, objects = shape_scenes.draw_scene(rng, image_size, crowds=False)
    yield _Scene(image_id, voc_shapes.image_path(image_id), image, objects)


def _coco_scenes(
  split: str, image_ids: range, image_size: int, seed: int
) -> Iterator[_Scene]:
  del split  # The ids differ already.
  for image_id in tqdm.tqdm(image_ids, unit='image'):
    # Each image has its own generator, so the split does not change a scene.
    rng = np.random.default_rng([seed, image_id])
    image, objects = shape_scenes.draw_scene(rng, image_size)
    yield _Scene(image_id, f'{image_id:012d}.jpg', image, objects)


def _lvis_scenes(
  split: str, image_ids: range, image_size: int, seed: int
) -> Iterator[_Scene]:
  required = lvis_shapes.required(split, image_ids, seed)
  for image_id in tqdm.tqdm(image_ids, unit='image'):
    rng = np.random.default_rng([seed, image_id])
    image, objects = shape_scenes.draw_scene(
      rng,
      image_size,
      lvis_shapes.SHAPES_OF_LVIS,
      crowds=False,
      required=required.get(image_id, ()),
    )
    name = lvis_shapes.file_name(split, image_id)
    yield _Scene(image_id, name, image, objects)


def _create_split(output_dir: str, scenes: Iterable[_Scene]) -> dict[str, Any]:
  """Writes the images; returns the annotations in COCO's form."""
  os.makedirs(os.path.join(output_dir, 'images'), exist_ok=True)
  images, annotations = [], []
  for image_id, name, image, objects in scenes:
    path = os.path.join(output_dir, 'images', name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    _write_jpeg(path, image)
    height, width = image.shape[:2]
    images.append(
      {'id': image_id, 'file_name': name, 'height': height, 'width': width}
    )
    for k, item in enumerate(objects):
      # Ids stay below 2**31 and do not depend on other images.
      ids = {'id': 100 * image_id + k, 'image_id': image_id}
      annotations.append({**ids, **item})
  return {
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
  settings = {
    name: values[name].value
    for name in ('num_train', 'num_val', 'image_size', 'seed')
  }
  if values.format == 'voc':
    create_voc(values.output_dir, **settings)
  else:
    create(values.output_dir, **settings, lvis=values.format == 'lvis')
