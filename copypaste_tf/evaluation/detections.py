"""Holds detections as arrays and converts them to COCO results."""

import base64
import dataclasses
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from copypaste_tf.evaluation import outputs

_CHUNK = 1000  # Detections that are written to a file at once.
# Type and length of a row of each array of `Detections`.
_ARRAYS = {
  'image_ids': (np.int64, 1),
  'category_ids': (np.int64, 1),
  'boxes': (np.float64, 4),
  'scores': (np.float64, 1),
  'sizes': (np.int32, 2),
  'ends': (np.int64, 1),
}


@dataclasses.dataclass(frozen=True, eq=False)
class Detections:
  """n detections in pixels of the original images.

  A detection takes 56 bytes; with a mask, 72 bytes and about 100 for its RLE.
  A dictionary of COCO results takes 900. `len` returns n.

  Attributes:
    image_ids: `[n]` int64.
    category_ids: `[n]` int64, at least 1.
    boxes: `[n, 4]` float64 `(x, y, width, height)`, within the image.
    scores: `[n]` float64.
    sizes: `[n, 2]` int32 height and width of the images; None without masks.
    counts: the counts of the n compressed RLE masks, joined; None without
      masks.
    ends: `[n]` int64, index in `counts` where each mask ends; None without
      masks.
  """

  image_ids: np.ndarray
  category_ids: np.ndarray
  boxes: np.ndarray
  scores: np.ndarray
  sizes: np.ndarray | None = None
  counts: bytes | bytearray | None = None
  ends: np.ndarray | None = None

  def __len__(self) -> int:
    return len(self.scores)

  def __iter__(self) -> Iterator[dict[str, Any]]:
    """Yields one COCO result per detection, which JSON can hold.

    It has `image_id`, `category_id`, `bbox` `[x, y, width, height]`, `score`
    and, with masks, `segmentation`, a compressed RLE of the original image.
    """
    masks = self.masks()
    for i, score in enumerate(self.scores.tolist()):
      result = {
        'image_id': int(self.image_ids[i]),
        'category_id': int(self.category_ids[i]),
        'bbox': self.boxes[i].tolist(),
        'score': score,
      }
      if self.counts is not None:
        result['segmentation'] = next(masks)
      yield result

  def masks(self) -> Iterator[dict[str, Any]]:
    """Yields the compressed RLEs; none without masks."""
    if self.counts is None:
      return
    start, size = 0, []
    for row, end in zip(self.sizes, self.ends.tolist(), strict=True):
      if row.tolist() != size:  # Masks of an image share a list.
        size = row.tolist()
      yield {'size': size, 'counts': self.counts[start:end].decode()}
      start = end

  def pack(self) -> dict[str, str]:
    """Returns the arrays as text that JSON can hold, for `unpack`.

    A detection takes 75 characters; with a mask 96, and 4/3 of its RLE.
    """
    arrays = {name: getattr(self, name) for name in (*_ARRAYS, 'counts')}
    return {
      name: base64.b64encode(array).decode()
      for name, array in arrays.items()
      if array is not None
    }

  def to_results(self) -> list[dict[str, Any]]:
    """Returns the COCO results as a list."""
    return list(self)

  def write_json(self, path: str | os.PathLike) -> None:
    """Writes the COCO results to a JSON file without building their list."""
    with tf.io.gfile.GFile(os.fspath(path), 'w') as file:
      file.write('[')
      chunk: list[str] = []
      for i, result in enumerate(self):
        chunk.append((', ' if i else '') + json.dumps(result))
        if len(chunk) == _CHUNK:
          file.write(''.join(chunk))
          chunk.clear()
      file.write(''.join([*chunk, ']']))


def from_batch(
  source_ids: np.ndarray,
  original_sizes: np.ndarray,
  boxes: np.ndarray,
  scores: np.ndarray,
  classes: np.ndarray,
  masks: np.ndarray | None = None,
  *,
  masked: np.ndarray | None = None,
) -> Detections:
  """Converts the outputs of a detector for a batch of images.

  Args:
    source_ids: `[b]` integer image ids.
    original_sizes: `[b, 2]` integer height and width of the original images.
    boxes: `[b, k, 4]` float `(ymin, xmin, ymax, xmax)` in pixels of the
      original image; clipped to it.
    scores: `[b, k]` float in [0, 1].
    classes: `[b, k]` integer category ids; 0 or less is padding.
    masks: `[b, k, m, m]` float probabilities relative to the boxes before
      clipping, or None.
    masked: `[b, k]` bool, the detections whose masks are made; those of the
      others are empty. None makes all of them.

  Returns:
    The detections without the padding, image after image.

  Raises:
    ValueError: the leading dimensions disagree, or a box, score or mask is not
      finite.
  """
  outputs.check_shapes(
    source_ids, original_sizes, boxes, scores, classes, masks
  )
  present = np.asarray(classes) > 0
  outputs.check_finite(source_ids, boxes, scores, present, masks)
  image, _ = np.nonzero(present)
  sizes = np.asarray(original_sizes, np.int64)[image]  # [n, 2]
  present_boxes = np.asarray(boxes)[present]
  detections = Detections(
    image_ids=np.asarray(source_ids, np.int64)[image],
    category_ids=np.asarray(classes, np.int64)[present],
    boxes=outputs.coco_boxes(present_boxes, sizes),
    scores=outputs.rounded(np.asarray(scores, np.float64)[present], 8),
  )
  if masks is None:
    return detections
  counts = outputs.mask_counts(
    np.asarray(masks)[present],
    present_boxes,
    sizes,
    None if masked is None else masked[present],
  )
  return _with_masks(detections, sizes, counts)


def from_results(results: Sequence[Mapping[str, Any]]) -> Detections:
  """Converts COCO results, such as those of a file.

  Args:
    results: COCO results with boxes; masks are compressed RLEs.

  Returns:
    The detections; their `to_results` returns the same values.

  Raises:
    ValueError: some of the results have a mask, and others have none.
  """
  detections = Detections(
    image_ids=np.array([r['image_id'] for r in results], np.int64),
    category_ids=np.array([r['category_id'] for r in results], np.int64),
    boxes=np.array([r['bbox'] for r in results], np.float64).reshape(-1, 4),
    scores=np.array([r['score'] for r in results], np.float64),
  )
  masks = [r['segmentation'] for r in results if 'segmentation' in r]
  if not masks:
    return detections
  if len(masks) < len(results):
    raise ValueError(
      f'{len(masks)} of {len(results)} results have a segmentation; either all '
      'must have one or none.'
    )
  counts = [_bytes(mask['counts']) for mask in masks]
  return _with_masks(detections, [mask['size'] for mask in masks], counts)


def unpack(packed: Mapping[str, str]) -> Detections:
  """Returns the detections that `Detections.pack` packed."""
  return from_columns({k: base64.b64decode(x) for k, x in packed.items()})


def from_columns(columns: Mapping[str, bytes | bytearray]) -> Detections:
  """Returns the detections whose arrays have these bytes.

  Args:
    columns: bytes by the names of the attributes of `Detections`; without any,
      there is no detection.
  """
  arrays: dict[str, Any] = {}
  for name, (dtype, length) in _ARRAYS.items():
    if name in columns:
      array = np.frombuffer(columns[name], dtype)
      arrays[name] = array if length == 1 else array.reshape(-1, length)
  if not arrays:
    return from_results([])
  return Detections(**arrays, counts=columns.get('counts'))


def _bytes(counts: str | bytes) -> bytes:
  return counts.encode() if isinstance(counts, str) else counts


def _with_masks(detections, sizes, counts: Sequence[bytes]) -> Detections:
  return dataclasses.replace(
    detections,
    sizes=np.asarray(sizes, np.int32).reshape(-1, 2),
    counts=b''.join(counts),
    ends=np.cumsum([len(item) for item in counts], dtype=np.int64),
  )
