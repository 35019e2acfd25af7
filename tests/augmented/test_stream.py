import itertools

import augmented_examples
import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.augmented import stream
from copypaste_tf.inputs import pipeline


@pytest.fixture(scope='module')
def first(tmp_path_factory):
  """A job and its first 12 examples."""
  job = augmented_examples.make_job(tmp_path_factory.mktemp('first'))
  return job, [*itertools.islice(stream.examples(job), 12)]


def test_examples_are_those_of_the_training_pipeline(first):
  job, examples = first
  (batch,) = pipeline.train_dataset(job.inputs, job.output_size).take(1)
  for row, example in enumerate(examples[:8]):
    np.testing.assert_array_equal(example.boxes, batch.boxes[row])
    np.testing.assert_array_equal(example.planes, batch.planes[row])
    mean, deviation = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
    np.testing.assert_allclose(
      example.image, batch.image[row] * deviation + mean, atol=0.501
    )
    assert example.image.dtype == np.uint8


def test_a_later_part_begins_where_the_first_one_ends(first):
  job, examples = first
  later = itertools.islice(stream.examples(job, 1), 4)
  for example, expected in zip(later, examples[8:], strict=True):
    tf.nest.map_structure(np.testing.assert_array_equal, example, expected)


def test_a_record_that_does_not_decode_is_named(tmp_path):
  job = augmented_examples.make_job(tmp_path)
  path = tmp_path / 'train.tfrecord'
  with tf.io.TFRecordWriter(str(path)) as writer:
    writer.write(b'no example')
  with pytest.raises(ValueError, match=f'{path}.* 0'):
    next(stream.examples(job))
