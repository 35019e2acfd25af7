"""From image files to detections in COCO's results format."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from copypaste_tf.evaluation import detections
from copypaste_tf.inputs import image_files
from copypaste_tf.serving.inference import Detector


class Prediction(NamedTuple):
  """What was found in an image.

  Attributes:
    image_id: as in the results.
    size: height and width of the upright image in pixels.
    results: COCO results, best first; see `evaluation.detections`.
  """

  image_id: int
  size: tuple[int, int]
  results: list[dict[str, Any]]


def number(paths: Sequence[str]) -> dict[int, str]:
  """Gives every image an id.

  Args:
    paths: image files, none twice.

  Returns:
    Paths by id: the numbers that the files are named after, as COCO's are, or
    else their positions from 1.
  """
  stems = [os.path.splitext(os.path.basename(path))[0] for path in paths]
  if all(stem.isdecimal() and len(stem) <= 18 for stem in stems):
    named = {int(s): path for s, path in zip(stems, paths, strict=True)}
    if len(named) == len(paths):
      return named
  return dict(enumerate(paths, 1))


def predict(
  detector: Detector,
  paths: Mapping[int, str],
  *,
  batch_size: int,
  skipped: Callable[[str], None],
) -> Iterator[Prediction]:
  """Detects objects in image files of any sizes.

  Args:
    detector: the model.
    paths: image files by id.
    batch_size: images that the model sees at once.
    skipped: is told of each image that cannot be read, with its path.

  Yields:
    The other images, in order.

  Raises:
    ValueError: a detection is not finite.
  """
  scenes = _scenes(detector, paths, skipped).batch(batch_size).prefetch(1)
  # Any size of the batch, so that the last one needs no graph of its own.
  detect = tf.function(detector.detect, input_signature=[scenes.element_spec])
  for batch in scenes:
    found = {name: x.numpy() for name, x in detect(batch).items()}
    for i in range(len(found['source_ids'])):
      one = {name: x[i : i + 1] for name, x in found.items()}
      height, width = map(int, found['original_sizes'][i])
      yield Prediction(
        int(found['source_ids'][i]),
        (height, width),
        detections.results(**one),
      )


def _scenes(detector, paths, skipped) -> tf.data.Dataset:
  def read():
    for image_id, path in paths.items():
      try:
        yield image_files.read(path), image_id
      except ValueError as error:
        skipped(str(error))

  images = tf.data.Dataset.from_generator(
    read,
    output_signature=(
      tf.TensorSpec([None, None, 3], tf.uint8),
      tf.TensorSpec([], tf.int64),
    ),
  )
  return images.map(detector.fit, num_parallel_calls=tf.data.AUTOTUNE)
