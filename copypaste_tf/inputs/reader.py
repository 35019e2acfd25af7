"""Decodes records and makes batches of training and evaluation examples."""

from collections.abc import Sequence

import tensorflow as tf

from copypaste_tf.augment.draws import jitter
from copypaste_tf.augment.pixels import normalization
from copypaste_tf.inputs import buffers, decode, scene_batches
from copypaste_tf.inputs.decode import NO_IMAGE, EvalScenes
from copypaste_tf.records import streams


def scenes(
  records: tf.data.Dataset,
  *,
  source_size: tuple[int, int],
  max_instances: int,
  num_planes: int,
  class_maps: str = '',
  ignore: tuple[str, ...] = (),
  calls: int = tf.data.AUTOTUNE,
  keep_order: bool = False,
) -> tf.data.Dataset:
  """Decodes records.

  Args:
    records: dataset of serialized examples, or of pairs of an example and its
      `ScoreLimits`.
    source_size: height and width of the padded images, pixels.
    max_instances: largest number of objects in a record.
    num_planes: largest number of id planes in a record; 0 reads boxes alone.
    class_maps: see `decode.decode_scene`.
    ignore: see `decode.decode_scene`.
    calls: records decoded at the same time.
    keep_order: keep the order of the records, even if the options of the
      dataset do not ask for it.

  Returns:
    A dataset of `Scenes` without the batch axis; see `decode.decode_scene`.
  """

  @tf.autograph.experimental.do_not_convert
  def decode_scene(serialized, scores=None):
    return decode.decode_scene(
      serialized,
      source_size=source_size,
      max_instances=max_instances,
      num_planes=num_planes,
      class_maps=class_maps,
      ignore=ignore,
      scores=scores,
    )

  return records.map(
    decode_scene,
    num_parallel_calls=calls,
    deterministic=True if keep_order else None,
  )


def train_batches(
  batches: tf.data.Dataset,
  *,
  ahead: buffers.Ahead,
  jit_compile: bool = True,
  **knobs,
) -> tf.data.Dataset:
  """Augments batches on the host.

  Args:
    batches: dataset of `RawScenes`.
    ahead: limits the batches that are augmented at the same time.
    jit_compile: compile the augmentation with XLA; slow without.
    **knobs: keyword arguments of `augment.augment`.

  Returns:
    A dataset of `TrainScenes`.
  """
  augment = scene_batches.compiled_augment(
    jit_compile=jit_compile, draws_first=True, **knobs
  )
  result = batches.map(augment).element_spec
  return batches.map(
    augment, num_parallel_calls=ahead.batches(batches.element_spec, result)
  )


def eval_batches(
  paths: Sequence[str],
  batch_size: int,
  *,
  output_size: tuple[int, int],
  dtype: tf.DType = tf.float32,
  half_pixel_centers: bool = True,
  input_context: tf.distribute.InputContext | None = None,
) -> tf.data.Dataset:
  """Reads every image once, in order, fitted into the output size.

  Blank images pad the last batches. So all workers have the same number of
  batches, no replica gets an empty batch, and shapes are static.

  Args:
    paths: TFRecord files.
    batch_size: images in a batch.
    output_size: height and width of the canvas, pixels.
    dtype: dtype of the images, float32 or bfloat16.
    half_pixel_centers: see `fit_image`.
    input_context: context of this worker; every record goes to one worker.

  Returns:
    A dataset of `EvalScenes`.
  """

  def fit(serialized):
    return fit_image(
      *decode.decode_image(serialized),
      output_size=output_size,
      dtype=dtype,
      half_pixel_centers=half_pixel_centers,
    )

  @tf.autograph.experimental.do_not_convert
  def fit_or_blank(serialized, present):
    return tf.cond(
      present, lambda: fit(serialized), lambda: _blank(output_size, dtype)
    )

  records = streams.serialized(paths)
  records = _records_of_worker(records, batch_size, input_context)
  scenes = records.map(fit_or_blank, num_parallel_calls=buffers.cores())
  return scenes.batch(batch_size, drop_remainder=True).prefetch(2)


@tf.autograph.experimental.do_not_convert
def fit_image(
  image: tf.Tensor,
  source_id: tf.Tensor,
  *,
  output_size: tuple[int, int],
  dtype: tf.DType = tf.float32,
  half_pixel_centers: bool = True,
) -> EvalScenes:
  """Resizes, normalises and pads one image for evaluation.

  Args:
    image: `[h, w, 3]` uint8 RGB, in [0, 255].
    source_id: int64 scalar.
    output_size: height and width `(H, W)` of the canvas, pixels.
    dtype: dtype of the resulting image, float32 or bfloat16.
    half_pixel_centers: whether the bilinear resize puts pixel centres at half
      coordinates, as in training; False puts them at whole coordinates, as the
      published checkpoints were trained.

  Returns:
    `EvalScenes` without the batch axis: the image is `[H, W, 3]`, normalised,
    and 0 outside of the resized image.
  """
  size = tf.shape(image)[:2]
  fitted = jitter.fitted(size[tf.newaxis], output_size=output_size)
  scaled = fitted.scaled_size[0]
  resized = tf.raw_ops.ResizeBilinear(
    images=image[tf.newaxis],
    size=scaled,
    half_pixel_centers=half_pixel_centers,
  )
  padded = tf.image.pad_to_bounding_box(
    normalization.normalize(resized[0]), 0, 0, *output_size
  )
  return EvalScenes(
    image=tf.cast(tf.ensure_shape(padded, [*output_size, 3]), dtype),
    size=scaled,
    original_size=size,
    scale=tf.cast(scaled, tf.float32) / tf.cast(size, tf.float32),
    source_id=source_id,
  )


def _blank(output_size, dtype) -> EvalScenes:
  """Returns a blank image that pads a batch."""
  size = tf.constant(output_size)
  return EvalScenes(
    image=tf.zeros([*output_size, 3], dtype),
    size=size,
    original_size=size,
    scale=tf.ones([2]),
    source_id=tf.constant(NO_IMAGE, tf.int64),
  )


def _records_of_worker(records, batch_size, input_context) -> tf.data.Dataset:
  """Returns pairs of a record and a flag, which is false for padding.

  Every worker gets the same number of elements, a multiple of its batch size.
  """
  workers, worker = 1, 0
  if input_context is not None:
    workers = input_context.num_input_pipelines
    worker = input_context.input_pipeline_id
  num_images = workers * batch_size

  @tf.autograph.experimental.do_not_convert
  def of_worker(batch):
    count = tf.shape(batch)[0]
    padded = tf.concat([batch, tf.fill([num_images - count], '')], axis=0)
    present = tf.range(num_images) < count
    return padded[worker::workers], present[worker::workers]

  return records.batch(num_images).map(of_worker).unbatch()
