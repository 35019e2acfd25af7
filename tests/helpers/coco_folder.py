"""Small COCO-format data sets on disk, for the tests of the tools."""

import json
import pathlib

import numpy as np
from PIL import Image

CATEGORIES = [{'id': 3, 'name': 'cat'}, {'id': 90, 'name': 'été'}]
SQUARE = [10, 8, 40, 8, 40, 30, 10, 30]


def label(number, image_id=1, **changes):
  """Returns an annotation of a square; a value of None removes its key."""
  fields = {
    'id': number,
    'image_id': image_id,
    'category_id': 3,
    'iscrowd': 0,
    'area': 660,
    'bbox': [10, 8, 30, 22],
    'segmentation': [SQUARE],
  }
  fields |= changes
  return {k: v for k, v in fields.items() if v is not None}


class CocoFolder:
  """A data set that `add` extends, and the options that convert it."""

  def __init__(self, path):
    self.path = pathlib.Path(path)
    self.images = []
    self.annotations = []
    self.categories = CATEGORIES
    (self.path / 'images').mkdir(parents=True)

  def add(self, image_id, *labels, size=(60, 80), name=None, **entry):
    """Adds an image of `size` (height, width) with its annotations."""
    name = name or f'{image_id}.jpg'
    path = self.path / 'images' / name
    path.parent.mkdir(exist_ok=True, parents=True)
    height, width = size
    rng = np.random.default_rng(image_id)
    pixels = rng.integers(0, 255, (height // 8 + 1, width // 8 + 1, 3))
    image = Image.fromarray(pixels.astype(np.uint8)).resize((width, height))
    image.save(path)
    fields = {'id': image_id, 'file_name': name}
    fields |= {'height': height, 'width': width, **entry}
    self.images.append({k: v for k, v in fields.items() if v is not None})
    self.annotations += labels
    return path

  def write(self):
    """Writes the JSON file and returns its path."""
    path = self.path / 'instances.json'
    data = {'images': self.images, 'annotations': self.annotations}
    path.write_text(json.dumps({**data, 'categories': self.categories}))
    return path

  def flags(self, **changes):
    """Returns the options of the converter."""
    return {
      'image_dir': str(self.path / 'images'),
      'annotations': str(self.write()),
      'output_prefix': str(self.path / 'out' / 'data'),
      'num_shards': 2,
      'num_workers': 1,
      **changes,
    }
