"""Records of random objects."""

import io

import numpy as np
from PIL import Image

from copypaste_tf import records


def encoded_image(height, width, image_format='JPEG'):
  pixels = np.random.default_rng(0).integers(0, 255, (height, width, 3))
  stream = io.BytesIO()
  Image.fromarray(pixels.astype(np.uint8)).save(stream, image_format)
  return stream.getvalue()


def random_masks(rng, count, height, width):
  masks = np.zeros((count, height, width), bool)
  for mask in masks:
    y, x = rng.integers(height), rng.integers(width)
    rows, columns = rng.integers(0, height // 2 + 2), rng.integers(0, width)
    window = mask[y : y + rows, x : x + columns]
    window[:] = rng.random(window.shape) < rng.choice([0.3, 1.0])
  return masks


def make_record(masks, crowd=None, **changes):
  n, height, width = masks.shape
  crowd = np.zeros(n, bool) if crowd is None else np.array(crowd, bool)
  planes, ids = records.layer_masks(masks, crowd)
  corners = np.arange(4 * n).reshape(n, 4) % 3 + [0, 0, 4, 4]
  scale = np.minimum([height, width] * 2, 7) / 7
  record = records.Record(
    image_bytes=encoded_image(height, width),
    image_format='jpeg',
    height=height,
    width=width,
    filename='été/a b.jpg',
    source_id=397133,
    boxes=(corners * scale).astype(np.float32).reshape(n, 4),
    classes=np.arange(1, n + 1, dtype=np.int32),
    class_names=[f'naïve {i}' for i in range(n)],
    areas=masks.sum((1, 2)).astype(np.float32),
    crowd=crowd,
    annotation_ids=np.arange(n, dtype=np.int64) + 2**40,
    planes=planes,
    ids=ids,
    has_masks=True,
  )
  return record._replace(**changes)
