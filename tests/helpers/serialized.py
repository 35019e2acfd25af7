"""Small serialized records for the tests of the inputs."""

import io

import numpy as np
import reference
import tensorflow as tf
from PIL import Image

from copypaste_tf import records


def encode_image(pixels, image_format='PNG'):
  stream = io.BytesIO()
  Image.fromarray(pixels).save(stream, image_format)
  return stream.getvalue()


def make_record(
  seed=0, *, size=(30, 40), count=4, crowds=0, largest=20, **changes
):
  """Returns a `Record` with a PNG image and its masks, `[n, h, w]` bool."""
  rng = np.random.default_rng(seed)
  masks = np.stack(
    [reference.random_mask(rng, *size, largest) for _ in range(count)]
    or [np.zeros(size, bool)]
  )[:count]
  crowd = np.arange(count) < crowds
  planes, ids = records.layer_masks(masks, crowd)
  pixels = rng.integers(0, 256, [*size, 3]).astype(np.uint8)
  record = records.Record(
    image_bytes=encode_image(pixels),
    image_format='png',
    height=size[0],
    width=size[1],
    filename=f'{seed}.png',
    source_id=1000 + seed,
    boxes=np.array(
      [reference.tight_box(mask) for mask in masks], np.float32
    ).reshape(-1, 4),
    classes=rng.integers(1, 5, count).astype(np.int32),
    class_names=['thing'] * count,
    areas=masks.sum(axis=(1, 2)).astype(np.float32),
    crowd=crowd,
    annotation_ids=np.arange(count, dtype=np.int64),
    planes=planes,
    ids=ids,
    has_masks=True,
  )
  return record._replace(**changes), masks, pixels


def without(serialized, *keys):
  """Removes features from a serialized example."""
  example = tf.train.Example.FromString(serialized)
  for key in keys:
    example.features.feature.pop(key, None)
  return example.SerializeToString()


def write(path, serialized):
  """Writes examples to a TFRecord file."""
  with tf.io.TFRecordWriter(str(path)) as writer:
    for example in serialized:
      writer.write(example)
  return str(path)


def write_classes(path, *classes, **changes):
  """Writes records of objects of these classes to a TFRecord file."""
  made = []
  for number, ids in enumerate(classes):
    record, _, _ = make_record(number, count=len(ids))
    record = record._replace(classes=np.array(ids, np.int32), **changes)
    made.append(records.serialize(record))
  return write(path, made)
