"""Converts one image with its annotations to a record, and many to a shard."""

import collections
import dataclasses
import hashlib
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from copypaste_tf import records, whole_files
from tfrecord_tools import (
  annotations,
  images,
  manifest,
  record_building,
  sharding,
  storage,
)
from tfrecord_tools import orientation as exif
from tfrecord_tools.annotations import LabelledObject
from tfrecord_tools.entries import Category, ImageEntry, UnreadableObject
from tfrecord_tools.faults import Drops, SourceError


@dataclasses.dataclass(frozen=True)
class Job:
  """The settings that all shards of a conversion share.

  Attributes:
    image_dir: folder of the images.
    output_prefix: path and beginning of the names of the shards.
    num_shards: number of files.
    include_masks: whether records carry masks.
    stop: whether the first fault raises.
    categories: categories by id.
    arguments: flags on which the bytes of the records depend, by name.
    fingerprint: digest of everything that determines the shards, except the
      image files.
    box_form: form of the boxes, None for the standard one.
    mask_pngs: whether masks are stored as PNGs of each object, too.
  """

  image_dir: str
  output_prefix: str
  num_shards: int
  include_masks: bool
  stop: bool
  categories: dict[int, Category]
  arguments: dict[str, Any]
  fingerprint: str
  box_form: str | None = None
  mask_pngs: bool = True


def convert_image(
  entry: ImageEntry, job: Job, tally: manifest.Tally
) -> tuple[bytes, bytes]:
  """Converts one image.

  Args:
    entry: the image with its annotations; its first file name is read.
    job: the conversion.
    tally: counts dropped annotations and repairs; changed in place.

  Returns:
    The serialized record and the SHA-256 of the stored image.

  Raises:
    SourceError: the image cannot be used.
    ConversionError: `job.stop` is set and an annotation cannot be used.
  """
  if entry.fault is not None:
    raise entry.fault
  filename = entry.file_names[0]
  image = images.read(entry.part or os.path.join(job.image_dir, filename))
  frame = annotations.frame_of(entry.size, image)
  federated = {
    'neg_category_ids': entry.neg_category_ids,
    'not_exhaustive_category_ids': entry.not_exhaustive_category_ids,
  }
  for name, ids in federated.items():
    _check_category_ids(name, ids)
  objects = _place(entry, frame, job, tally)
  tally.notes.update(_image_notes(image, frame))
  tally.note(f'image {entry.id}', entry.notes)
  class_map = _class_map(entry, frame, tally)
  record = record_building.build(
    image,
    objects,
    categories=job.categories,
    include_masks=job.include_masks,
    filename=filename,
    source_id=entry.id,
    class_map=class_map,
    **federated,
  )
  tally.record(record)
  masks_png = ()
  if job.include_masks and job.mask_pngs:
    masks_png = [
      record_building.mask_png(item.crop, image.shape) for item in objects
    ]
  serialized = records.serialize(record, masks_png=masks_png)
  return serialized, hashlib.sha256(image.data).digest()


def write_shard(
  index: int,
  entries: Sequence[ImageEntry],
  job: Job,
  on_image: Callable[[], None],
) -> dict[str, Any]:
  """Writes one shard and its state file, atomically.

  Args:
    index: number of the shard.
    entries: its images, in order.
    job: the conversion.
    on_image: called after each image.

  Returns:
    The state of the shard: fingerprint, listing of the images, size, tally.

  Raises:
    ConversionError: `job.stop` is set and something cannot be used.
  """
  path = sharding.shard_path(job.output_prefix, index, job.num_shards)
  tally = manifest.Tally(drops=Drops(stop=job.stop))
  digest = hashlib.sha256()
  # Listed first, so that the next run notices files that change meanwhile.
  listed = listing(entries, job)
  with whole_files.replacing(path) as temporary:
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
      'size': storage.size(temporary),
      'tally': tally.to_json(),
    }
    # Written before the shard appears: a shard without a state is not ours.
    manifest.write(sharding.state_path(path), state)
  return state


def listing(entries: Sequence[ImageEntry], job: Job) -> str:
  """Computes a digest of the names and sizes of image files.

  Args:
    entries: the images.
    job: the conversion.

  Returns:
    Hexadecimal SHA-256, which changes when a file appears or is replaced.
  """
  digest = hashlib.sha256()
  for entry in entries:
    name = entry.file_names[0]
    if entry.part:  # The digest of the source has the file.
      size = entry.part.length
    else:
      path = os.path.join(job.image_dir, name)
      size = -1 if entry.fault is not None else storage.size(path)
    digest.update(f'{name}\n{size}\n'.encode(errors='backslashreplace'))
  return digest.hexdigest()


def _drop(entry: ImageEntry, fault: SourceError, tally: manifest.Tally) -> None:
  tally.drops.image(entry.id, fault)
  if entry.num_labels:
    tally.drops.annotations['image_dropped'] += entry.num_labels


def _check_category_ids(name: str, ids: Any) -> None:
  if ids is None:
    return
  listed = isinstance(ids, list | tuple)
  if not listed or not all(type(i) is int and i >= 1 for i in ids):
    raise SourceError(
      'malformed_image_entry', f'{name}: expected category ids, got {ids}'
    )


def _place(
  entry: ImageEntry, frame: annotations.Frame, job: Job, tally: manifest.Tally
) -> list[LabelledObject]:
  """Places the usable objects of an image, and counts the others."""
  objects = []
  for item in entry.objects:
    try:
      if isinstance(item, UnreadableObject):
        raise item.fault
      placed = annotations.place(
        item,
        frame=frame,
        categories=job.categories,
        include_masks=job.include_masks,
        box_form=job.box_form,
      )
    except SourceError as fault:
      tally.drops.annotation(entry.id, item.id, fault)
      continue
    objects.append(placed)
    tally.note(f'image {entry.id}, annotation {item.id}', placed.notes)
  return objects


def _class_map(
  entry: ImageEntry, frame: annotations.Frame, tally: manifest.Tally
) -> np.ndarray | None:
  """Reads the class map of an image, if it has one, and turns it upright."""
  if entry.read_class_map is None:
    return None
  labels = entry.read_class_map(frame.shape)
  tally.note(f'image {entry.id}', labels.notes)
  return exif.turn_pixels(labels.ids, frame.orientation)


def _image_notes(
  image: images.StoredImage, frame: annotations.Frame
) -> collections.Counter:
  return collections.Counter(
    image.notes,
    images_reencoded=int(image.reencoded),
    images_turned_upright=int(image.shape != image.file_shape),
    exif_labels_assumed_upright=int(frame.assumed),
  )
