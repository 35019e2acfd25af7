"""Runs the input pipeline of a training for its examples."""

from collections.abc import Iterator

import tensorflow as tf

from copypaste_tf import augment
from copypaste_tf.augmented.job import Job
from copypaste_tf.examples import TrainScenes
from copypaste_tf.inputs import pipeline


def examples(job: Job, first_part: int = 0) -> Iterator[TrainScenes]:
  """Yields examples without end.

  Args:
    job: the job.
    first_part: part to begin with; the examples before it are not computed.

  Yields:
    Unbatched examples of NumPy arrays, with `[h, w, 3]` uint8 images. Where no
    image lies they have the mean colour of ImageNet, which models see as 0.

  Raises:
    FileNotFoundError: a path of records matches no file.
    ValueError: a setting is out of range, or a record does not decode.
  """
  dataset = pipeline.train_dataset(
    job.inputs, job.output_size, start_step=first_part * job.part_batches
  )
  with pipeline.input_errors(job.inputs):
    for batch in dataset.map(_as_pixels).unbatch():
      yield tf.nest.map_structure(lambda x: x.numpy(), batch)


def _as_pixels(batch: TrainScenes) -> TrainScenes:
  return batch._replace(image=augment.denormalize(batch.image))
