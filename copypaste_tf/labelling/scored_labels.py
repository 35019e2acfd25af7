"""Holds the classes and the scores of labels, without boxes and masks."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from copypaste_tf.evaluation import coco_results
from copypaste_tf.evaluation.detections import Detections
from copypaste_tf.examples import Features
from copypaste_tf.labelling.gates import LabelCounts
from copypaste_tf.labelling.thresholds import Thresholds
from copypaste_tf.records import features as example_features
from copypaste_tf.records import fields, files
from copypaste_tf.records.features import column


class ScoredLabels(NamedTuple):
  """n labels of m images; a label takes 12 bytes.

  Attributes:
    images: `[n]` int32, place of the label's image, from 0 to m - 1.
    class_ids: `[n]` int32 category ids.
    scores: `[n]` float32 in [0, 1].
    num_images: m; some images may have no label.
  """

  images: np.ndarray
  class_ids: np.ndarray
  scores: np.ndarray
  num_images: int

  def per_image(self, keep: np.ndarray) -> np.ndarray:
    """Counts the labels of each image.

    Args:
      keep: `[n]` bool, the labels that count.

    Returns:
      `[m]` int64.
    """
    return np.bincount(self.images[keep], minlength=self.num_images)

  def counts(self, thresholds: Thresholds, max_detections: int) -> LabelCounts:
    """Counts the labels of a sufficient score.

    Args:
      thresholds: minimum scores.
      max_detections: largest number of detections of the model in an image.
    """
    keep = thresholds.keep(self.class_ids, self.scores)
    per_image = self.per_image(keep)
    classes, labels = np.unique(self.class_ids[keep], return_counts=True)
    return LabelCounts(
      self.num_images,
      int((per_image == 0).sum()),
      int((per_image >= max_detections).sum()),
      dict(zip(classes.tolist(), labels.tolist(), strict=True)),
    )


def from_detections(
  found: Detections, image_ids: Sequence[int]
) -> ScoredLabels:
  """Takes the labels of detections.

  Args:
    found: n detections.
    image_ids: ids of all m images, those without a detection as well.

  Raises:
    ValueError: a detection is of another image, or a score is not finite.
  """
  coco_results.check_scores(found.scores, found.image_ids)
  coco_results.check_known(found.image_ids.tolist(), 'image', set(image_ids))
  ids = np.unique(np.array(image_ids, np.int64))
  return ScoredLabels(
    np.searchsorted(ids, found.image_ids).astype(np.int32),
    found.category_ids.astype(np.int32),
    found.scores.astype(np.float32),
    len(ids),
  )


def from_records(paths: Iterable[str]) -> ScoredLabels:
  """Reads classes and scores from records, crowds left out.

  A label without a score counts as score 1.

  Args:
    paths: TFRecord files.

  Raises:
    FileNotFoundError: a file does not exist.
    ValueError: a record cannot be read, or a score is not in [0, 1]. The
      message names the file and the record.
  """
  return join(map(_labels_of, files.read_serialized(paths)))


def join(images: Iterable[tuple[np.ndarray, np.ndarray]]) -> ScoredLabels:
  """Joins the labels of images, in their order.

  Args:
    images: for each image the `[n]` integer category ids and the `[n]` float
      scores of its labels.
  """
  classes, scores = [np.zeros(0, np.int32)], [np.zeros(0, np.float32)]
  for ids, own in images:
    classes.append(np.asarray(ids, np.int32))
    scores.append(np.asarray(own, np.float32))
  lengths = [len(ids) for ids in classes[1:]]
  places = np.arange(len(lengths), dtype=np.int32)
  return ScoredLabels(
    np.repeat(places, np.array(lengths, np.int64)),
    np.concatenate(classes),
    np.concatenate(scores),
    len(lengths),
  )


def _labels_of(place: tuple[str, int, bytes]) -> tuple[np.ndarray, np.ndarray]:
  path, index, serialized = place
  try:
    return _labels(serialized)
  except ValueError as error:
    raise ValueError(f'{path}: record {index}: {error}') from error


def _labels(serialized: bytes) -> tuple[np.ndarray, np.ndarray]:
  """Returns classes and scores of the objects that are no crowds."""
  features = example_features.load(serialized)
  classes = fields.classes(features)
  n = len(classes)
  crowd = column(features, Features.CROWD, 'int64_list', n, 0)
  scores = fields.scores(features, n)
  if scores is None:
    scores = np.ones(n, np.float32)
  single = np.array(crowd) == 0
  return classes[single], scores[single]
