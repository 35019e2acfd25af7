"""One image with its annotations becomes one record; many become a shard."""

import collections
import dataclasses
import hashlib
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from copypaste_tf import records
from copypaste_tf.records import png
from copypaste_tf.records.id_planes import Crop, layer_crops
from tfrecord_tools import (
  annotations,
  atomic,
  coco_json,
  images,
  manifest,
  sharding,
)
from tfrecord_tools.faults import Drops, SourceError

EXTRA_FIELDS = ('neg_category_ids', 'not_exhaustive_category_ids')

# An element of the JSON's `images` with its annotations.
Entry = tuple[int, dict[str, Any], Sequence[dict[str, Any]]]


@dataclasses.dataclass(frozen=True)
class Job:
  """What all shards of a conversion have in common.

  Attributes:
    image_dir: folder of the images.
    output_prefix: path and beginning of the names of the shards.
    num_shards: number of files.
    include_masks: whether records carry masks.
    stop: whether the first fault raises.
    categories: names by id.
    fingerprint: digest of everything that the shards depend on but the image
      files.
  """

  image_dir: str
  output_prefix: str
  num_shards: int
  include_masks: bool
  stop: bool
  categories: dict[int, str]
  fingerprint: str


def convert_image(
  entry: Entry, job: Job, tally: manifest.Tally
) -> tuple[bytes, bytes]:
  """Converts one image.

  Args:
    entry: image id, its element of `images`, its annotations.
    job: the conversion.
    tally: where what is left out and mended is counted.

  Returns:
    The serialized record and the SHA-256 of what the image file stores.

  Raises:
    SourceError: the image cannot be used.
    ConversionError: `job.stop` is set and an annotation cannot be used.
  """
  image_id, element, labels = entry
  path, filename = _find(job.image_dir, element)
  image = images.read(path)
  frame = annotations.frame_of(element, image)
  extra = _extra(element)
  objects = []
  for label in labels:
    try:
      item = annotations.read(
        label,
        frame=frame,
        categories=job.categories,
        include_masks=job.include_masks,
      )
    except SourceError as fault:
      tally.drops.annotation(image_id, label.get('id'), fault)
      continue
    objects.append(item)
    tally.notes.update(item.notes)
  tally.notes.update(_image_notes(image, frame))
  crops = [item.crop for item in objects] if job.include_masks else None
  record = _record(image_id, filename, image, objects, crops, job.categories)
  record = record._replace(extra=extra)
  tally.record(record)
  masks_png = crops and [_mask_png(crop, image.shape) for crop in crops]
  serialized = records.serialize(record, masks_png=masks_png)
  return serialized, hashlib.sha256(image.data).digest()


def write_shard(
  index: int,
  entries: Sequence[Entry],
  job: Job,
  on_image: Callable[[], None],
) -> dict[str, Any]:
  """Writes one shard, atomically, and beside it how it was made.

  Args:
    index: number of the shard.
    entries: its images, in order.
    job: the conversion.
    on_image: called after each image.

  Returns:
    The state of the shard: what `existing_state` returns from now on.

  Raises:
    ConversionError: `job.stop` is set and something cannot be used.
  """
  path = sharding.shard_path(job.output_prefix, index, job.num_shards)
  tally = manifest.Tally(drops=Drops(stop=job.stop))
  digest = hashlib.sha256()
  # Listed first: a file that changes while it is read shows in the next run.
  listed = listing(entries, job)
  with atomic.replacing(path) as temporary:
    with tf.io.TFRecordWriter(temporary) as writer:
      for entry in entries:
        try:
          serialized, image_digest = convert_image(entry, job, tally)
        except SourceError as fault:
          _drop(entry, fault, tally)
        else:
          digest.update(image_digest)
          writer.write(serialized)
        on_image()
    tally.digests.append(digest.hexdigest())
    state = {
      'fingerprint': job.fingerprint,
      'listing': listed,
      'size': os.path.getsize(temporary),
      'tally': tally.to_json(),
    }
    # Before the shard itself appears: a shard without state is not ours.
    manifest.write(sharding.state_path(path), state)
  return state


def listing(entries: Sequence[Entry], job: Job) -> str:
  """Digest of the names and sizes of some images' files.

  Args:
    entries: the images.
    job: the conversion.

  Returns:
    Hexadecimal SHA-256, which changes when a file appears or is replaced.
  """
  digest = hashlib.sha256()
  for _, element, _ in entries:
    path, name = _find(job.image_dir, element)
    size = os.path.getsize(path) if os.path.exists(path) else -1
    digest.update(f'{name}\n{size}\n'.encode())
  return digest.hexdigest()


def _drop(entry: Entry, fault: SourceError, tally: manifest.Tally) -> None:
  image_id, _, labels = entry
  tally.drops.image(image_id, fault)
  if labels:
    tally.drops.annotations['image_dropped'] += len(labels)


def _find(image_dir: str, element: dict[str, Any]) -> tuple[str, str]:
  """Path and name of an image's file, there or not."""
  names = coco_json.file_names(element)
  paths = [os.path.join(image_dir, name) for name in names]
  for path, name in zip(paths, names, strict=True):
    if os.path.exists(path):
      return path, name
  return paths[0], names[0]


def _extra(element: dict[str, Any]) -> dict[str, list[int]]:
  """LVIS's federated labels of an image, if it has any."""
  extra = {}
  for name in EXTRA_FIELDS:
    ids = element.get(name)
    if ids is None:
      continue
    if not isinstance(ids, list) or not all(type(i) is int for i in ids):
      raise SourceError('malformed_image_entry', f'{name}: integers, not {ids}')
    extra[f'image/{name}'] = ids
  return extra


def _image_notes(
  image: images.StoredImage, frame: annotations.Frame
) -> collections.Counter:
  return collections.Counter(
    images_reencoded=int(image.reencoded),
    images_turned_upright=int(image.shape != image.file_shape),
    exif_labels_assumed_upright=int(frame.assumed),
  )


def _record(
  image_id: int,
  filename: str,
  image: images.StoredImage,
  objects: Sequence[annotations.LabelledObject],
  crops: Sequence[Crop] | None,
  categories: dict[int, str],
) -> records.Record:
  crowd = np.array([item.crowd for item in objects], bool)
  if crops is None:
    planes = np.zeros((0, *image.shape), np.uint8)
    ids = np.zeros(len(objects), np.int32)
  else:
    planes, ids = layer_crops(crops, crowd, image.shape)
  boxes = np.array([item.box for item in objects], np.float64)
  return records.Record(
    image_bytes=image.data,
    image_format=image.image_format,
    height=image.shape[0],
    width=image.shape[1],
    filename=filename,
    source_id=image_id,
    boxes=boxes.reshape(-1, 4),
    classes=np.array([item.category_id for item in objects], np.int32),
    class_names=[categories[item.category_id] for item in objects],
    areas=np.array([item.area for item in objects], np.float32),
    crowd=crowd,
    annotation_ids=np.array([i.annotation_id for i in objects], np.int64),
    planes=planes,
    ids=ids,
    has_masks=crops is not None,
    extra={},
  )


def _mask_png(crop: Crop, shape: tuple[int, int]) -> bytes:
  count, columns = crop.mask.shape
  rows = np.zeros((count, shape[1]), np.uint8)
  rows[:, crop.left : crop.left + columns] = crop.mask
  return png.encode_rows(rows, crop.top, shape[0])
