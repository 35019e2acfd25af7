"""Runs a model on image files, such as a detector with COCO results."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from copypaste_tf.evaluation import detections
from copypaste_tf.inputs import image_files
from copypaste_tf.records import streams
from copypaste_tf.serving.inference import Detector


def coco_results(outputs: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
  """Returns COCO results of an image, best first.

  Args:
    outputs: arrays of one image, `[1, ...]` each, with the names of the
      arguments of `detections.from_batch`.
  """
  return detections.from_batch(**outputs).to_results()


class Prediction(NamedTuple):
  """The result of an image.

  Attributes:
    image_id: id of the image in the results.
    size: height and width of the upright image in pixels.
    results: COCO results, best first, or what else the task predicts.
  """

  image_id: int
  size: tuple[int, int]
  results: Any


def predict(
  detector: Detector,
  paths: Mapping[int, str],
  *,
  batch_size: int,
  skipped: Callable[[str], None],
  result: Callable[[Mapping[str, np.ndarray]], Any] = coco_results,
) -> Iterator[Prediction]:
  """Runs a model on image files of any sizes.

  Args:
    detector: the model.
    paths: image files by id.
    batch_size: images in a batch.
    skipped: receives a message for each image that cannot be read.
    result: makes the result of an image from the outputs of the model, `[1,
      ...]` each.

  Yields:
    The predictions for all readable images, in order.

  Raises:
    ValueError: an output is not finite.
  """
  scenes = _scenes(detector, paths, skipped).batch(batch_size).prefetch(1)
  # A signature for any batch size, so that the last batch needs no retracing.
  detect = tf.function(detector.detect, input_signature=[scenes.element_spec])
  for batch in scenes:
    outputs = {name: x.numpy() for name, x in detect(batch).items()}
    for i in range(len(outputs['source_ids'])):
      one = {name: x[i : i + 1] for name, x in outputs.items()}
      height, width = map(int, outputs['original_sizes'][i])
      yield Prediction(
        int(outputs['source_ids'][i]),
        (height, width),
        result(one),
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
  fitted = images.map(detector.fit, num_parallel_calls=tf.data.AUTOTUNE)
  return streams.untuned(fitted)
