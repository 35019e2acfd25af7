"""Computes COCO's AP of resampled images, from matches.

AP is not a mean over images, so its spread over the choice of images has no
simple formula. The bootstrap estimates it: it draws images with replacement and
computes the AP of each draw. Two runs that are measured on the same draws give
the spread of their difference.
"""

from collections.abc import Mapping

import numpy as np

from copypaste_tf.evaluation.coco_matches import THRESHOLDS, Matches

RECALLS = np.linspace(0, 1, 101)
_LARGEST = 4_000_000  # Numbers in an array of draws and detections.


def draw(images: int, draws: int, seed: int) -> np.ndarray:
  """Draws images with replacement, as many as there are.

  Args:
    images: number of images i.
    draws: number of draws b.
    seed: the same seed gives the same draws.

  Returns:
    `[b, i]` int64, how often each draw has each image.
  """
  chances = np.full(images, 1 / images)
  return np.random.default_rng(seed).multinomial(images, chances, draws)


def average_precisions(
  matches: Mapping[int, Matches], counts: np.ndarray
) -> np.ndarray:
  """Computes the AP of each category on each draw.

  An image that is drawn twice counts as two images. Their detections have equal
  scores, which does not change AP: between the first and the last of them
  precision only rises if they are right, and recall stays if they are wrong.

  Args:
    matches: those of `coco_matches.match`, k categories of i images.
    counts: `[b, i]` integers, such as those of `draw`; ones give COCO's AP.

  Returns:
    `[b, k]` float64 in [0, 1], categories in the order of `matches`; NaN where
    a draw has no object of the category.
  """
  columns = [_category(entry, counts.T) for entry in matches.values()]
  return np.stack(columns, axis=1)


def mean_ap(values: np.ndarray) -> np.ndarray:
  """Returns the mean over categories that have objects; NaN without one.

  Args:
    values: `[b, k]` AP of `average_precisions`.

  Returns:
    `[b]` float64.
  """
  defined = ~np.isnan(values)
  number = defined.sum(1)
  total = np.where(defined, values, 0).sum(1)
  return np.divide(
    total, number, out=np.full(len(values), np.nan), where=number > 0
  )


def _category(matches: Matches, counts: np.ndarray) -> np.ndarray:
  """Returns `[b]` AP of one category; `counts` is `[i, b]`."""
  parts = -(-counts.shape[1] * len(matches.images) // _LARGEST) or 1
  found = []
  for part in np.array_split(counts, parts, axis=1):
    objects = matches.objects @ part  # [b]
    sums = [
      _precision_sums(matches.images[counted], hits[counted], objects, part)
      for hits, counted in zip(matches.hits, matches.counted, strict=True)
    ]
    ap = np.sum(sums, 0) / (len(RECALLS) * len(THRESHOLDS))
    found.append(np.where(objects > 0, ap, np.nan))
  return np.concatenate(found)


def _precision_sums(images, hits, objects, counts) -> np.ndarray:
  """Sums the precision at 101 recalls.

  Args:
    images: `[d]` image of each detection that counts, by descending score.
    hits: `[d]` bool, those that are right.
    objects: `[b]` objects of each draw.
    counts: `[i, b]` how often each draw has each image.

  Returns:
    `[b]` float64.
  """
  # Precision is highest, and recall rises, at hits only.
  detected = counts[images].cumsum(0)[hits]  # [h, b]
  found = counts[images[hits]].cumsum(0)
  precision = found / np.maximum(detected, 1)
  # The precision at a recall is the best one at that recall or a higher one.
  precision = np.maximum.accumulate(precision[::-1])[::-1]
  recall = found / np.maximum(objects, 1)
  sums = np.zeros(counts.shape[1])
  for column in range(len(sums)):
    first = recall[:, column].searchsorted(RECALLS)
    sums[column] = precision[first[first < len(precision)], column].sum()
  return sums
