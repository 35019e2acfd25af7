"""Small jobs of augmented examples, and what is known of their images."""

import pasted_example
import serialized

from copypaste_tf import records
from copypaste_tf.augmented import example_records
from copypaste_tf.augmented.job import Job
from copypaste_tf.inputs.data_config import CopyPaste, ScaleJitter, TrainData

NAMES = {1: 'disc', 2: 'square', 3: 'star', 4: 'ring'}


def make_job(folder, count=20, **changes):
  """Returns a job of records of 9 images, in parts of a batch."""
  made = [serialized.make_record(seed, count=5)[0] for seed in range(9)]
  path = folder / 'train.tfrecord'
  serialized.write(path, [records.serialize(record) for record in made])
  data = {
    'input_path': str(path),
    'global_batch_size': 4,
    'source_size': (64, 64),
    'max_instances': 12,
    'max_source_instances': 8,
    'shuffle_buffer_size': 50,
    'seed': 3,
    'jitter': ScaleJitter(min_scale=0.7, max_scale=1.5),
    'copy_paste': CopyPaste(min_visible_area=20),
  }
  return Job(
    folder=str(folder / 'out'),
    data=TrainData(**data | changes),
    output_size=(64, 64),
    count=count,
    image_format='png',
    names=NAMES,
    details={'3': {'supercategory': 'figure'}},
    part_batches=1,
  )


def example():
  """Returns an example with padding: two kept objects and a pasted one."""
  return pasted_example.example().result


def items(example, numbers):
  """Yields the example as a record of each number, with its origin."""
  for number in numbers:
    yield (
      example_records.record(example, number, NAMES, 'png'),
      example_records.origin(example),
    )
