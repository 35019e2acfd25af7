"""Gives the generated shapes LVIS's long tail and its form of annotations.

As in LVIS, an image names no file but a URL whose folders may be those of the
other split, some categories are verified to be absent, and some objects have no
annotation. The image lists their categories as not exhaustive. Masks that are
partly covered stay run lengths, to be exact; LVIS has polygons only.
"""

import collections
from collections.abc import Iterable
from typing import Any

import numpy as np

from tfrecord_tools.shapes import SHAPES, Shape

# Shares of the objects. With 1500 images, the first six are frequent (in more
# than 100 images) and the other five are common.
_SHARES = (0.3, 0.22, 0.16, 0.12, 0.09, 0.06, 0.012, 0.011, 0.01, 0.009, 0.008)
# Training images of each rare category, which are chosen, not drawn.
_RARE_IMAGES = (10, 8, 6, 4, 2)
# The evaluation images of each rare category: AP of a few is chance.
_VAL_SHARE = 0.04
_MOST_RARE, _MOST_COMMON = 10, 100
_NUM_NEGATIVE = 4
_NOT_EXHAUSTIVE_SHARE = 0.1
_URL = 'http://images.example.org'


def _catalogue() -> tuple[Shape, ...]:
  """Makes 16 categories of 8 outlines, each with a hue of its own."""
  shares = [*_SHARES, *[0.0] * len(_RARE_IMAGES)]
  made = []
  for k, share in enumerate(shares):
    row, column = divmod(k, len(SHAPES))
    shape = SHAPES[column]
    made.append(
      Shape(
        k + 1,
        f'{shape.name}_(tinted)' if row else shape.name,
        share,
        shape.hue + row / (2 * len(SHAPES)),
        shape.outline,
      )
    )
  return tuple(made)


SHAPES_OF_LVIS = _catalogue()
RARE = SHAPES_OF_LVIS[len(_SHARES) :]


def required(split: str, image_ids: range, seed: int) -> dict[int, list[Shape]]:
  """Chooses the images of the rare categories.

  Args:
    split: `train` or `val`.
    image_ids: ids of its images.
    seed: seed of the data set.

  Returns:
    The rare shapes of each image that has any.
  """
  chosen = collections.defaultdict(list)
  for shape, most in zip(RARE, _RARE_IMAGES, strict=True):
    rng = np.random.default_rng([seed, image_ids.start, shape.category_id])
    count = most if split == 'train' else round(_VAL_SHARE * len(image_ids))
    count = min(max(count, 1), len(image_ids))
    for image_id in rng.choice(image_ids, count, replace=False).tolist():
      chosen[image_id].append(shape)
  return dict(chosen)


def file_name(split: str, image_id: int) -> str:
  """Returns the name of an image; LVIS's val lies in both folders of COCO."""
  folder = 'val2017' if split == 'val' and image_id % 2 else 'train2017'
  return f'{folder}/{image_id:012d}.jpg'


def to_lvis(
  data: dict[str, Any], seed: int, frequencies: dict[int, str] | None = None
) -> dict[str, Any]:
  """Converts annotations from COCO's form to that of LVIS v1.

  Args:
    data: the annotations; no object is a crowd.
    seed: seed of the lists of categories.
    frequencies: `r`, `c` or `f` by category; None to take those of this file,
      which is the training set's.

  Returns:
    The annotations, some of them left out.
  """
  objects = collections.defaultdict(list)
  for annotation in data['annotations']:
    fields = {k: v for k, v in annotation.items() if k != 'iscrowd'}
    objects[annotation['image_id']].append(fields)
  images, annotations = [], []
  for image in data['images']:
    rng = np.random.default_rng([seed, image['id'], 1])
    image, kept = _federated(image, objects[image['id']], rng)
    images.append(image)
    annotations += kept
  counts = _counts(annotations)
  frequencies = frequencies or _frequencies(counts[0])
  return {
    'info': {**data['info'], 'version': 'v1.0'},
    'licenses': [],
    'images': images,
    'annotations': annotations,
    'categories': [
      _category(shape, frequencies, *counts) for shape in SHAPES_OF_LVIS
    ],
  }


def frequencies_of(data: dict[str, Any]) -> dict[int, str]:
  """Returns the frequency of each category of an LVIS file."""
  return {c['id']: c['frequency'] for c in data['categories']}


def _federated(
  image: dict[str, Any], objects: list[dict[str, Any]], rng
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
  """Adds LVIS's lists to an image; perhaps leaves an object out."""
  present = collections.Counter(o['category_id'] for o in objects)
  several = sorted(k for k, count in present.items() if count > 1)
  not_exhaustive = []
  if several and rng.random() < _NOT_EXHAUSTIVE_SHARE:
    not_exhaustive = [several[rng.integers(len(several))]]
    left_out = [o for o in objects if o['category_id'] in not_exhaustive][-1]
    objects = [o for o in objects if o is not left_out]
  absent = [
    s.category_id for s in SHAPES_OF_LVIS if s.category_id not in present
  ]
  negative = rng.choice(absent, min(_NUM_NEGATIVE, len(absent)), replace=False)
  fields = dict(image)
  url = f'{_URL}/{fields.pop("file_name")}'
  return {
    **fields,
    'coco_url': url,
    'neg_category_ids': sorted(negative.tolist()),
    'not_exhaustive_category_ids': not_exhaustive,
  }, objects


def _counts(
  annotations: Iterable[dict[str, Any]],
) -> tuple[collections.Counter, collections.Counter]:
  """Counts the images and the instances of each category."""
  pairs = collections.Counter(
    (a['category_id'], a['image_id']) for a in annotations
  )
  instances = collections.Counter()
  for (category, _), count in pairs.items():
    instances[category] += count
  return collections.Counter(category for category, _ in pairs), instances


def _frequencies(images: collections.Counter) -> dict[int, str]:
  def letter(count: int) -> str:
    if count <= _MOST_RARE:
      return 'r'
    return 'c' if count <= _MOST_COMMON else 'f'

  return {s.category_id: letter(images[s.category_id]) for s in SHAPES_OF_LVIS}


def _category(
  shape: Shape, frequencies: dict[int, str], images, instances
) -> dict[str, Any]:
  number = shape.category_id
  return {
    'id': number,
    'name': shape.name,
    'synset': f'{shape.name}.n.01',
    'synonyms': [shape.name],
    'def': f'a generated {shape.name}',
    'frequency': frequencies[number],
    # As in LVIS, the counts are those of the file in which they stand.
    'image_count': images[number],
    'instance_count': instances[number],
  }
