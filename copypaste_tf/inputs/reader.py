"""From record files to batches of training and evaluation examples."""

from collections.abc import Sequence

import tensorflow as tf

from copypaste_tf.augment.draws import jitter
from copypaste_tf.augment.pixels import normalization
from copypaste_tf.inputs import decode, raw
from copypaste_tf.inputs.decode import NO_IMAGE, EvalScenes


def scenes(
  records: tf.data.Dataset,
  *,
  source_size: tuple[int, int],
  max_instances: int,
  num_planes: int,
) -> tf.data.Dataset:
  """Decodes records.

  Args:
    records: a dataset of serialized examples.
    source_size: see `decode.decode_scene`, as the others.
    max_instances: objects that a record can hold.
    num_planes: id planes that a record can hold.

  Returns:
    A dataset of `Scenes` without the batch axis.
  """

  def decode_scene(serialized):
    return decode.decode_scene(
      serialized,
      source_size=source_size,
      max_instances=max_instances,
      num_planes=num_planes,
    )

  return records.map(decode_scene, num_parallel_calls=tf.data.AUTOTUNE)


def train_batches(
  batches: tf.data.Dataset, *, jit_compile: bool = True, **knobs
) -> tf.data.Dataset:
  """Augments batches on the host.

  Args:
    batches: a dataset of `RawScenes`.
    jit_compile: whether XLA compiles the function; slow without.
    **knobs: the keyword arguments of `augment.augment`.

  Returns:
    A dataset of `TrainScenes`.
  """
  return batches.map(
    raw.augmentation(jit_compile=jit_compile, **knobs),
    num_parallel_calls=tf.data.AUTOTUNE,
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

  The last batches are filled up with blank images, so that all workers have as
  many batches, no replica gets an empty one, and shapes are static.

  Args:
    paths: TFRecord files.
    batch_size: images in a batch.
    output_size: height and width in pixels.
    dtype: of the images, float32 or bfloat16.
    half_pixel_centers: as in `fit_image`.
    input_context: this worker's part; every record goes to one worker.

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

  def fit_or_blank(serialized, present):
    return tf.cond(
      present, lambda: fit(serialized), lambda: _blank(output_size, dtype)
    )

  records = tf.data.TFRecordDataset(list(paths))
  records = _share(records, batch_size, input_context)
  scenes = records.map(fit_or_blank, num_parallel_calls=tf.data.AUTOTUNE)
  scenes = scenes.batch(batch_size, drop_remainder=True)
  return scenes.prefetch(tf.data.AUTOTUNE)


@tf.autograph.experimental.do_not_convert
def fit_image(
  image: tf.Tensor,
  source_id: tf.Tensor,
  *,
  output_size: tuple[int, int],
  dtype: tf.DType = tf.float32,
  half_pixel_centers: bool = True,
) -> EvalScenes:
  """Fits one image into the output size, as evaluation does.

  Args:
    image: `[h, w, 3]` uint8.
    source_id: int64 scalar.
    output_size: height and width in pixels.
    dtype: of the resulting image, float32 or bfloat16.
    half_pixel_centers: where a pixel is in the bilinear resize: its centre lies
      half a pixel from its corner, as in training; or at the corner, as the
      published checkpoints were trained.

  Returns:
    `EvalScenes` without the batch axis.
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
  """Returns what fills up a batch."""
  size = tf.constant(output_size)
  return EvalScenes(
    image=tf.zeros([*output_size, 3], dtype),
    size=size,
    original_size=size,
    scale=tf.ones([2]),
    source_id=tf.constant(NO_IMAGE, tf.int64),
  )


def _share(records, batch_size, input_context) -> tf.data.Dataset:
  """Returns this worker's part of the records, and whether there is one.

  Every worker has as many elements, which fill its batches.
  """
  workers, worker = 1, 0
  if input_context is not None:
    workers = input_context.num_input_pipelines
    worker = input_context.input_pipeline_id
  together = workers * batch_size

  def mine(some):
    count = tf.shape(some)[0]
    filled = tf.concat([some, tf.fill([together - count], '')], axis=0)
    present = tf.range(together) < count
    return filled[worker::workers], present[worker::workers]

  return records.batch(together).map(mine).unbatch()
