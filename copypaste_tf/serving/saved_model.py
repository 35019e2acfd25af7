"""Exports a detector as a SavedModel that needs TensorFlow only."""

import json
import os
import tempfile
from collections.abc import Callable, Mapping

import tensorflow as tf

from copypaste_tf.inputs.decode import EvalScenes
from copypaste_tf.modeling.regions import mask_pasting
from copypaste_tf.serving.inference import Detector

DESCRIPTION = 'model.json'
"""Name of the asset of a SavedModel that holds class names and input size."""
Served = Callable[..., dict[str, tf.Tensor]]
"""Makes the outputs of an export from those of `Detector.detect`."""
_BYTES = tf.TensorSpec([None], tf.string, name='image_bytes')
_PIXELS = tf.TensorSpec(None, tf.uint8, name='images')


def save(
  detector: Detector,
  path: str,
  *,
  names: Mapping[int, str] | None = None,
  min_score: float = 0.0,
  served: Served | None = None,
) -> None:
  """Writes a SavedModel with the functions of `module` as signatures.

  Its asset `DESCRIPTION` says in JSON what the outputs mean: `categories`, a
  list of `id` and `name`; `input_size`, height and width in pixels to which
  images are fitted; and `min_score`.

  Args:
    detector: the model.
    path: folder for the SavedModel.
    names: class names by category id.
    min_score: detections with a lower score are left out.
    served: see `module`.
  """
  saved = module(detector, min_score=min_score, served=served)
  signatures = {
    'serving_default': saved.detect_bytes,
    'bytes': saved.detect_bytes,
    'images': saved.detect_images,
  }
  description = {
    'categories': [
      {'id': key, 'name': name} for key, name in sorted((names or {}).items())
    ],
    'input_size': list(detector.input_size),
    'min_score': min_score,
  }
  with tempfile.TemporaryDirectory() as folder:
    file = os.path.join(folder, DESCRIPTION)
    with open(file, 'w', encoding='utf-8') as stream:
      json.dump(description, stream, ensure_ascii=False, indent=2)
    saved.description = tf.saved_model.Asset(file)
    tf.saved_model.save(saved, path, signatures)


def module(
  detector: Detector, *, min_score: float = 0.0, served: Served | None = None
) -> tf.Module:
  """Builds a module with the functions `detect_bytes` and `detect_images`.

  `detect_bytes` takes `[b]` strings: JPEG, PNG, GIF or BMP files of any sizes.
  `detect_images` takes uint8 RGB, `[b, h, w, 3]` or `[h, w, 3]`; its outputs
  have a batch axis if its input has one. Both return a dictionary, where n is
  the largest number of detections in the batch:

  - `num_detections`: `[b]` int32. After this number of detections, the outputs
    below are padded with zeros.
  - `boxes`: `[b, n, 4]` float32 `(ymin, xmin, ymax, xmax)` in pixels of the
    input image.
  - `classes`: `[b, n]` int32, at least 1.
  - `scores`: `[b, n]` float32 in [0, 1], descending.
  - `masks`: `[b, n, H, W]` uint8 in {0, 1}, only if the model has masks. H and
    W are the largest height and width in the batch; images lie at the top left.
  - `image_sizes`: `[b, 2]` int32, height and width of the images in pixels.

  Args:
    detector: the model.
    min_score: detections with a lower score are left out.
    served: makes the outputs from those of the model, and takes `min_score`; by
      default the outputs above.
  """
  make = served or (lambda found, **options: outputs(**found, **options))
  exported = tf.Module()
  # Only the variables are saved. The layers of the model would need the classes
  # of this package to load.
  exported.weights = list(detector.model.variables)

  def detect(scenes: EvalScenes) -> dict[str, tf.Tensor]:
    return make(detector.detect(scenes), min_score=min_score)

  @tf.function(input_signature=[_BYTES], autograph=False)
  def detect_bytes(image_bytes):
    return detect(_map(lambda x: detector.fit(_decode(x)), image_bytes))

  @tf.function(input_signature=[_PIXELS], autograph=False)
  def detect_images(images):
    batch, pixels = _split(images)
    detections = detect(_map(detector.fit, pixels))
    return {
      name: tf.reshape(x, tf.concat([batch, tf.shape(x)[1:]], 0))
      for name, x in detections.items()
    }

  exported.detect_bytes = detect_bytes
  exported.detect_images = detect_images
  return exported


def _map(fit, images) -> EvalScenes:
  traced = tf.function(fit, autograph=False)
  one = traced.get_concrete_function(images[0]).structured_outputs
  spec = tf.nest.map_structure(lambda x: tf.TensorSpec(x.shape, x.dtype), one)
  return tf.map_fn(fit, images, fn_output_signature=spec)


def _decode(data) -> tf.Tensor:
  image = tf.io.decode_image(data, channels=3, expand_animations=False)
  return tf.ensure_shape(image, [None, None, 3])


def _split(images):
  """Splits images into their batch shape and `[b, h, w, 3]` pixels."""
  shape = tf.shape(images)
  rank = tf.size(shape)
  fits = (rank == 3) | (rank == 4)
  message = 'expected [h, w, 3] or [b, h, w, 3] uint8 RGB, got the shape'
  check = tf.debugging.Assert(fits & (shape[-1] == 3), [message, shape])
  with tf.control_dependencies([check]):
    pixels = tf.reshape(images, tf.concat([[-1], shape[-3:]], 0))
  return shape[:-3], tf.ensure_shape(pixels, [None, None, None, 3])


def outputs(
  *,
  source_ids: tf.Tensor,
  original_sizes: tf.Tensor,
  boxes: tf.Tensor,
  scores: tf.Tensor,
  classes: tf.Tensor,
  min_score: float,
  masks: tf.Tensor | None = None,
) -> dict[str, tf.Tensor]:
  """Names the outputs and cuts the padding to the longest list of the batch.

  Args:
    source_ids: `[b]` int64, not used.
    original_sizes: `[b, 2]` int32, height and width of the images in pixels.
    boxes: `[b, k, 4]` float32 `(ymin, xmin, ymax, xmax)` in pixels of the
      image.
    scores: `[b, k]` float32 in [0, 1], descending.
    classes: `[b, k]` int32; 0 is padding.
    min_score: detections with a lower score are left out.
    masks: `[b, k, m, m]` float32 in [0, 1], each on the grid of its box, or
      None.

  Returns:
    The outputs that `module` describes.
  """
  del source_ids
  present = (classes > 0) & (scores >= min_score)
  counts = tf.reduce_sum(tf.cast(present, tf.int32), axis=1)
  most = tf.reduce_max(counts)
  present = present[:, :most]
  boxes = tf.where(present[..., tf.newaxis], boxes[:, :most], 0.0)
  limits = tf.cast(tf.tile(original_sizes, [1, 2]), tf.float32)
  named = {
    'num_detections': counts,
    'boxes': tf.clip_by_value(boxes, 0.0, limits[:, tf.newaxis]),
    'classes': tf.where(present, classes[:, :most], 0),
    'scores': tf.where(present, scores[:, :most], 0.0),
    'image_sizes': original_sizes,
  }
  if masks is not None:
    named['masks'] = mask_pasting.paste_masks(
      masks[:, :most], boxes, original_sizes
    )
  return named
