"""Damages small COCO files in the ways in which tools and people do."""

import copy
import gzip
import json

from coco_folder import SQUARE, label

ABSENT = (None, '', ' ', 'None', 'null', 'NaN', float('nan'), [], {})
ODD = (
  *ABSENT,
  *(-1, 0, 1, 1.0, 1e300, -1e308, 2**31, 2**63, 2**127, 10**399),
  *(float('inf'), -float('inf'), True, False),
  *('1', '1.0', ' 17 ', '1e2', '1,5', 'x', 'é', '\ud800', '\0', '[1, 2]'),
  *([1], [None], [[1, 2]], [1, 'x', None], {'x': 1}, {'counts': 'zz'}),
  *([[[[[[1, 2]]]]]], [{}], 'a' * 300, [1] * 9),
)
SAME_NUMBER = (float, str, lambda v: f' {v} ', lambda v: f'{v}.0')
SHAPES = (
  SQUARE,
  [[10, 8], [40, 8], [40, 30], [10, 30]],
  [[[10, 8], [40, 8], [40, 30], [10, 30]]],
  [[SQUARE]],
  [str(x) for x in SQUARE],
  str(SQUARE),
  [{'x': x, 'y': y} for x, y in zip(SQUARE[::2], SQUARE[1::2], strict=True)],
  {'x': SQUARE[::2], 'y': SQUARE[1::2]},
  {'counts': [608, *[22, 38] * 29, 22, 2430], 'size': [60, 80]},
  [{'counts': [608, *[22, 38] * 29, 22, 2430], 'size': ['60', 80.0]}],
  {'counts': str([608, *[22, 38] * 29, 22, 2430])},
)
# Fields whose value the mask gives, or that a label does not need.
NOT_NEEDED = ('area', 'bbox', 'id', 'difficult', 'score')


def base(images):
  """Returns the data of a sound file; `images` are its image entries."""
  labels = [label(10 * i + k, i) for i in (1, 2, 3) for k in range(3)]
  return {
    'images': copy.deepcopy(images),
    'annotations': copy.deepcopy(labels),
    'categories': [{'id': 3, 'name': 'cat'}, {'id': 90, 'name': 'été'}],
  }


def change_meaninglessly(data, rng):
  """Changes one field in a way that loses no label."""
  element = rng.choice(data['annotations'])
  kind = rng.choice(['spare', 'id', 'crowd', 'shape', 'size'])
  if kind == 'spare':
    element[rng.choice(NOT_NEEDED)] = copy.deepcopy(rng.choice(ODD))
  elif kind == 'id':
    key = rng.choice(['image_id', 'category_id', 'id'])
    element[key] = rng.choice(SAME_NUMBER)(element[key])
  elif kind == 'crowd':
    element['iscrowd'] = rng.choice(
      [*ABSENT, 0, 1, True, False, '0', 'true', ' 1 ', 0.0, -1]
    )
  elif kind == 'shape':
    element['segmentation'] = copy.deepcopy(rng.choice(SHAPES))
  else:
    image = rng.choice(data['images'])
    image[rng.choice(['width', 'height'])] = rng.choice([*ABSENT, 0, -1, 'x'])


def change(data, rng):
  """Replaces, removes, wraps, repeats or moves a value anywhere."""
  parent, key = _place(data, rng)
  kind = rng.choice(['replace'] * 4 + ['remove', 'wrap', 'text', 'repeat'])
  if kind == 'replace':
    parent[key] = copy.deepcopy(rng.choice(ODD))
  elif kind == 'remove':
    del parent[key]
  elif kind == 'wrap':
    parent[key] = rng.choice([[parent[key]], {'x': parent[key]}])
  elif kind == 'text':
    parent[key] = json.dumps(parent[key])
  elif isinstance(parent, list):
    parent.insert(key, copy.deepcopy(parent[key]))
  else:
    parent[f'{key}2'] = parent.pop(key)


def _place(data, rng):
  """Returns a container within the data, and a key of it."""
  parent, key = data, rng.choice(list(data))
  while rng.random() < 0.8:
    child = parent[key]
    if not isinstance(child, dict | list) or not child:
      break
    keys = list(child) if isinstance(child, dict) else range(len(child))
    parent, key = child, rng.choice(keys)
  return parent, key


def damage(content, rng):
  """Cuts, changes or encodes the bytes of a file."""
  place = rng.randrange(len(content))
  kind = rng.randrange(8)
  if kind == 0:
    return content[:place]
  if kind == 1:
    other = bytes([rng.randrange(256)])
    return content[:place] + other + content[place + 1 :]
  if kind == 2:
    return gzip.compress(content, mtime=0)[: rng.choice([None, -9, 12])]
  if kind == 3:
    return content.decode().encode(rng.choice(['utf-8-sig', 'utf-16']))
  if kind == 4:
    return content + rng.choice([b'}', b'\n{}', b'\0', b'  ', content])
  if kind == 5:
    return rng.choice([b'', b'\n', b'<a/>', b'[', b'[]', b'{}', b'"x"', b'7'])
  if kind == 6:
    return b'[' * 100_000
  return content.replace(b'"bbox"', b'"area": 1, "bbox"')
