"""Mean IoU over classes: counts of pixels, and scores at any resolution.

Pixels of all images are counted together; the mean over images of an IoU is
another metric.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from copypaste_tf.examples import VOID


def confusion(
  truth: np.ndarray, predicted: np.ndarray, num_classes: int
) -> np.ndarray:
  """Counts the pixels of an image by true and predicted class.

  Args:
    truth: `[h, w]` uint8 classes; `VOID` pixels are not counted.
    predicted: `[h, w]` integer classes in [0, k).
    num_classes: number k of classes, with the background.

  Returns:
    `[k, k]` int64, one row for each true class.

  Raises:
    ValueError: the sizes differ, or a true class is not known.
  """
  if truth.shape != predicted.shape:
    raise ValueError(
      f'a class map has the size {truth.shape}, its prediction '
      f'{predicted.shape}'
    )
  labelled = truth != VOID
  rows = truth[labelled].astype(np.int64)
  if rows.size and rows.max() >= num_classes:
    raise ValueError(
      f'expected classes below {num_classes} or {VOID}, got {rows.max()}'
    )
  cells = num_classes * rows + predicted[labelled]
  counts = np.bincount(cells, minlength=num_classes**2)
  return counts.reshape(num_classes, num_classes)


def class_ious(counts: np.ndarray) -> np.ndarray:
  """Returns the IoU of each class, `[k]` float64 in [0, 1].

  It is NaN for a class that is neither in the truth nor predicted.

  Args:
    counts: `[k, k]` pixels, one row for each true class.
  """
  both = np.diag(counts).astype(np.float64)
  either = counts.sum(axis=0) + counts.sum(axis=1) - both
  return np.divide(both, either, np.full(len(both), np.nan), where=either > 0)


def mean(values: np.ndarray) -> float:
  """Returns the mean of the values that are not NaN; -1 if there are none.

  Args:
    values: `[k]` float64, such as those of `class_ious`.
  """
  defined = values[~np.isnan(values)]
  return float(defined.mean()) if defined.size else -1.0


def pixel_accuracy(counts: np.ndarray) -> float:
  """Returns the fraction of right pixels, in [0, 1]; -1 without pixels.

  Args:
    counts: `[k, k]` pixels, one row for each true class.
  """
  total = counts.sum()
  return float(np.trace(counts) / total) if total else -1.0


def classes_at(
  scores: np.ndarray,
  valid: Sequence[int],
  canvas: Sequence[int],
  size: Sequence[int],
) -> np.ndarray:
  """Resizes the scores of an image, then takes the class of the highest.

  The scores are interpolated, bilinear with half-pixel centres; classes cannot
  be. The image lies at the top left of the canvas.

  Args:
    scores: `[h, w, k]` float32, scores of the classes all over the canvas.
    valid: height and width of the image on the canvas, pixels.
    canvas: height and width of the canvas, pixels.
    size: height and width of the result, which shows the image alone.

  Returns:
    `[*size]` uint8.
  """
  with tf.device('CPU'):
    values = resized_scores(*map(tf.constant, (scores, valid, canvas, size)))
    return highest(values).numpy()


def resized_scores(
  scores: tf.Tensor, valid: tf.Tensor, canvas: tf.Tensor, size: tf.Tensor
) -> tf.Tensor:
  """Resizes scores as `classes_at` does; can be traced.

  Args:
    scores: see `classes_at`.
    valid: `[2]` int.
    canvas: `[2]` int.
    size: `[2]` int.

  Returns:
    `[*size, k]` float32.
  """
  grid = tf.shape(scores)[:2] / tf.cast(canvas, tf.int32)
  cells = tf.cast(valid, tf.float64) * grid
  return tf.raw_ops.ScaleAndTranslate(
    images=scores[tf.newaxis],
    size=tf.cast(size, tf.int32),
    scale=tf.cast(tf.cast(size, tf.float64) / cells, tf.float32),
    translation=tf.zeros([2]),
    kernel_type='triangle',
    antialias=False,
  )[0]


def highest(scores: tf.Tensor) -> tf.Tensor:
  """Returns the class of the highest score.

  Args:
    scores: `[..., k]` float.

  Returns:
    `[...]` uint8.
  """
  return tf.cast(tf.argmax(scores, axis=-1), tf.uint8)


def resized(class_map: np.ndarray, size: Sequence[int]) -> np.ndarray:
  """Resizes a class map by nearest neighbour, with half-pixel centres.

  Args:
    class_map: `[h, w]` uint8.
    size: height and width of the result in pixels.

  Returns:
    `[*size]` uint8.
  """
  rows, columns = (
    (2 * np.arange(new) + 1) * old // (2 * new)
    for new, old in zip(size, class_map.shape, strict=True)
  )
  return class_map[rows[:, np.newaxis], columns]
