"""Draws ground truth and predictions of an image side by side, compared."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from pycocotools import mask as coco_mask

from copypaste_tf import drawing
from copypaste_tf.records import Record, instance_masks
from copypaste_tf.reporting import matching

CROWD_COLOR = (128, 128, 128)
HIT, MISSED, FALSE_ALARM = (22, 163, 74), (245, 158, 11), (220, 38, 38)
_HIT, _MISSED, _FALSE_ALARM = '✓', '○', '✗'
LEGEND = {
  f'{_HIT} hit: class and place agree (IoU of at least 0.5)': HIT,
  f'{_MISSED} missed: no detection': MISSED,
  f'{_FALSE_ALARM} false alarm: no such object': FALSE_ALARM,
  'crowd, or a detection inside one: not counted': CROWD_COLOR,
}
"""Meaning of the colours of the frames and captions."""
_MARKS = {HIT: _HIT, MISSED: _MISSED, FALSE_ALARM: _FALSE_ALARM} | {
  CROWD_COLOR: ''
}
_FEW = 8  # Objects that have room in a picture of the usual size.


class Comparison(NamedTuple):
  """One image, drawn twice.

  Attributes:
    title: name of the image, number of its objects and detections.
    truth: `[h, w, 3]` uint8, with the annotated objects.
    prediction: `[h, w, 3]` uint8, with the detections.
  """

  title: str
  truth: np.ndarray
  prediction: np.ndarray


class Objects(NamedTuple):
  """Objects to draw over an image.

  Attributes:
    boxes: `[n, 4]` float `(ymin, xmin, ymax, xmax)` in pixels.
    masks: n `[h, w]` bool, or None.
    captions: n texts.
    colors: n RGB triples.
    edges: n RGB triples of the boxes and captions; None takes `colors`.
  """

  boxes: np.ndarray
  masks: list[np.ndarray] | None
  captions: list[str]
  colors: list[drawing.Color]
  edges: list[drawing.Color] | None = None


def compare(
  records: Iterable[Record],
  detections: Iterable[Mapping[str, Any]],
  names: Mapping[int, str],
  *,
  min_score: float,
  limit: int,
  enlarged_side: int = 320,
) -> list[Comparison]:
  """Draws the first images that have objects, whatever their quality.

  Args:
    records: evaluation records, read only as far as needed.
    detections: COCO results.
    names: class names by category id.
    min_score: detections with a lower score are not drawn, in [0, 1].
    limit: number of images to draw.
    enlarged_side: smaller images are enlarged until their longer side has this
      many pixels, so that captions can be read; up to twice as many if the
      image has many objects.
  """
  by_image = {}
  for detection in detections:
    if detection['score'] >= min_score:
      by_image.setdefault(detection['image_id'], []).append(detection)
  with_objects = (record for record in records if not record.crowd.all())
  return [
    _compare(record, by_image.get(record.source_id, []), names, enlarged_side)
    for record in itertools.islice(with_objects, limit)
  ]


def _compare(record, detections, names, enlarged_side) -> Comparison:
  image = tf.io.decode_image(
    record.image_bytes, channels=3, expand_animations=False
  ).numpy()
  objects = int((~record.crowd).sum())
  crowded = np.clip(np.sqrt(max(objects, len(detections)) / _FEW), 1, 2)
  scale = max(enlarged_side * crowded / max(image.shape[:2]), 1.0)
  truth, guess, counts = marked(record, detections, names)
  return Comparison(
    f'{record.filename or record.source_id}: {_count(objects, "object")}, '
    f'{_count(len(detections), "detection")}: {counts}',
    draw(image, truth, scale),
    draw(image, guess, scale),
  )


def marked(
  record: Record,
  detections: Sequence[Mapping[str, Any]],
  names: Mapping[int, str],
) -> tuple[Objects, Objects, str]:
  """Marks hits, missed objects and false alarms of an image.

  Args:
    record: an evaluation record.
    detections: COCO results of its image.
    names: class names by category id.

  Returns:
    The annotated objects and the detections, framed in the colours of `LEGEND`,
    and the numbers in words. A hit has the colour of its object.
  """
  truth = annotated_objects(record, names)
  guess = detected_objects(detections, names)
  classes = [d['category_id'] for d in detections]
  matches = matching.match(
    matching.Regions(record.classes, truth.boxes, truth.masks),
    record.crowd,
    matching.Regions(classes, guess.boxes, guess.masks),
    [d['score'] for d in detections],
  )
  colors = drawing.instance_colors([*record.classes.tolist(), *classes])
  own, other = colors[: len(truth.boxes)], colors[len(truth.boxes) :]
  taken = set(matches)
  verdicts = [
    CROWD_COLOR if crowd else HIT if i in taken else MISSED
    for i, crowd in enumerate(record.crowd)
  ]
  outcomes = [FALSE_ALARM if i is None else verdicts[i] for i in matches]
  own = [
    CROWD_COLOR if crowd else color
    for color, crowd in zip(own, record.crowd, strict=True)
  ]
  other = [
    color if i is None else own[i]
    for color, i in zip(other, matches, strict=True)
  ]
  counts = (
    f'{_count(outcomes.count(HIT), "hit")}, {verdicts.count(MISSED)} missed, '
    f'{_count(outcomes.count(FALSE_ALARM), "false alarm")}'
  )
  return _framed(truth, own, verdicts), _framed(guess, other, outcomes), counts


def _framed(objects: Objects, colors, verdicts) -> Objects:
  """Frames objects in the colours of verdicts, captions with their marks."""
  captions = [
    f'{_MARKS[verdict]} {caption}'.lstrip()
    for caption, verdict in zip(objects.captions, verdicts, strict=True)
  ]
  return objects._replace(captions=captions, colors=colors, edges=verdicts)


def annotated_objects(record: Record, names: Mapping[int, str]) -> Objects:
  """Returns the annotated objects of a record; crowds are grey.

  Args:
    record: an evaluation record.
    names: class names by category id; the record names the others.
  """
  colors = drawing.instance_colors(record.classes)
  captions = []
  for i, category in enumerate(record.classes.tolist()):
    name = names.get(category) or record.class_names[i] or str(category)
    captions.append(f'{name} (crowd)' if record.crowd[i] else name)
    colors[i] = CROWD_COLOR if record.crowd[i] else colors[i]
  masks = list(instance_masks(record)) if record.has_masks else None
  return Objects(record.boxes, masks, captions, colors)


def detected_objects(
  detections: Sequence[Mapping[str, Any]], names: Mapping[int, str]
) -> Objects:
  """Returns the detections of an image, captioned with their scores.

  Args:
    detections: COCO results of one image, with or without `segmentation`.
    names: class names by category id.
  """
  boxes = np.array([d['bbox'] for d in detections], np.float64).reshape(-1, 4)
  x, y, width, height = boxes.T
  masks = None
  if all('segmentation' in d for d in detections):
    masks = [coco_mask.decode(d['segmentation']) > 0 for d in detections]
  captions = [
    f'{names.get(d["category_id"]) or d["category_id"]} {d["score"]:.2f}'
    for d in detections
  ]
  colors = drawing.instance_colors([d['category_id'] for d in detections])
  boxes = np.stack([y, x, y + height, x + width], axis=1)
  return Objects(boxes, masks, captions, colors)


def draw(image: np.ndarray, objects: Objects, scale: float) -> np.ndarray:
  """Draws objects over an enlarged image.

  Args:
    image: `[h, w, 3]` uint8.
    objects: in the coordinates of the image.
    scale: factor by which the image is enlarged, at least 1.

  Returns:
    `[scale * h, scale * w, 3]` uint8, with a legend below if captions are
    numbers.
  """
  return drawing.draw_instances(image, *objects, scale=scale)


def _count(number: int, noun: str) -> str:
  return f'{number} {noun}' if number == 1 else f'{number} {noun}s'
