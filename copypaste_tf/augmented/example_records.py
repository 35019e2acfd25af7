"""Turns augmented examples into records, and keeps facts that records lack."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import cv2
import numpy as np

from copypaste_tf import examples
from copypaste_tf.examples import TrainScenes
from copypaste_tf.records import id_planes
from copypaste_tf.records.record import Record

SUFFIXES = {'jpeg': 'jpg', 'png': 'png'}
"""Endings of image files by format."""
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 95]


class Origin(NamedTuple):
  """Facts about the labels of an example that a record does not hold.

  Attributes:
    source_ids: ids of the target and of the source image.
    regions: `{bbox, iscrowd}` of regions that are neither objects nor
      background, with boxes as in COCO.
    pasted: n flags, true for objects of the source.
    weights: n weights of labels; 1 unless the composition says otherwise.
  """

  source_ids: list[int]
  regions: list[dict[str, Any]]
  pasted: list[bool]
  weights: list[float]


def record(
  example: TrainScenes,
  number: int,
  names: Mapping[int, str],
  image_format: str,
) -> Record:
  """Makes a record of an example.

  Args:
    example: an unbatched example of NumPy arrays, with a uint8 image.
    number: image id of the record.
    names: class names by category id; a category without one is named by its
      id.
    image_format: `jpeg` or `png`.

  Returns:
    A record of the size of the whole canvas. Objects keep the order and the
    category ids of the example; their area is the number of visible pixels.
  """
  kept = np.flatnonzero(example.classes > 0)
  classes = example.classes[kept]
  crowd = np.zeros(len(kept), bool)
  height, width = example.image.shape[:2]
  has_masks = len(example.planes) > 0
  planes, ids = np.zeros([0, height, width], np.uint8), np.zeros(0, np.int32)
  if has_masks and len(kept):
    masks = np.stack([examples.mask_of(example, i) for i in kept])
    planes, ids = id_planes.layer_masks(masks, crowd)
  return Record(
    image_bytes=encode(example.image, image_format),
    image_format=image_format,
    height=height,
    width=width,
    filename=f'{number:012d}.{SUFFIXES[image_format]}',
    source_id=number,
    boxes=example.boxes[kept],
    classes=classes,
    class_names=[names.get(c, str(c)) for c in classes.tolist()],
    areas=example.areas[kept].astype(np.float32),
    crowd=crowd,
    annotation_ids=np.zeros(len(kept), np.int64),
    planes=planes,
    ids=ids if has_masks else np.zeros(len(kept), np.int32),
    has_masks=has_masks,
  )


def origin(example: TrainScenes) -> Origin:
  """Returns what `record` leaves out, in the order of its objects."""
  kept = example.classes > 0
  regions = []
  if example.regions is not examples.ABSENT:
    boxes, crowds = example.regions
    for box, crowd in zip(boxes.tolist(), crowds.tolist(), strict=True):
      ymin, xmin, ymax, xmax = box
      if ymax > ymin and xmax > xmin:
        bbox = [xmin, ymin, xmax - xmin, ymax - ymin]
        regions.append({'bbox': bbox, 'iscrowd': int(crowd)})
  return Origin(
    source_ids=example.source_id.tolist(),
    regions=regions,
    pasted=example.pasted[kept].tolist(),
    weights=example.weights[kept].tolist(),
  )


def encode(image: np.ndarray, image_format: str) -> bytes:
  """Encodes `[h, w, 3]` uint8 RGB as `jpeg` of quality 95, or as `png`."""
  options = _JPEG if image_format == 'jpeg' else []
  pixels = np.ascontiguousarray(image[..., ::-1])
  suffix = SUFFIXES[image_format]
  return cv2.imencode(f'.{suffix}', pixels, options)[1].tobytes()
