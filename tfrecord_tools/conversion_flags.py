"""Defines the flags that every converter has."""

from absl import flags

from tfrecord_tools import faults


def define_output() -> None:
  """Defines where the records go, and how many files they are."""
  flags.DEFINE_string(
    'output_prefix',
    None,
    'Prefix of the paths of the files to write: <prefix>-00000-of-00032'
    '.tfrecord and <prefix>-manifest.json.',
    required=True,
  )
  flags.DEFINE_integer(
    'num_shards', 32, 'Number of files to write for each split.', 1, 99_999
  )
  flags.DEFINE_integer(
    'num_workers', None, 'Processes; one per available core by default.', 1
  )
  flags.DEFINE_string(
    'beam_args',
    None,
    'Flags of Apache Beam, which then writes the shards, such as '
    "'--runner=FlinkRunner --flink_master=HOST:8081'. All of its workers must "
    'be able to read the paths.',
  )
  flags.DEFINE_bool(
    'overwrite', False, 'Delete shards that were made with other flags.'
  )


def define_choice_of_images() -> None:
  """Defines which images are taken, and their ids."""
  flags.DEFINE_float(
    'fraction',
    1.0,
    'Fraction of the images to take. With the same seed, a smaller fraction is '
    'part of a larger one.',
    1e-9,
    1.0,
  )
  flags.DEFINE_list(
    'split',
    [],
    'Splits to make from the images, with their shares, such as '
    'train:0.75,val:0.25. An image stays in its split when others are added.',
  )
  flags.DEFINE_integer(
    'seed', 0, 'Seed of the order of the images, the fraction and the split.'
  )
  flags.DEFINE_integer(
    'id_offset',
    0,
    'Number to add to each image id, so that data sets of one training do not '
    'share ids; equal ids mean the same image.',
    0,
  )


def define_faults() -> None:
  """Defines what is done about faults, and how many are accepted."""
  flags.DEFINE_enum(
    'on_error',
    'skip',
    faults.ON_ERROR,
    'If an image or annotation cannot be used: leave it out and count it, or '
    'stop.',
  )
  flags.DEFINE_float(
    'max_dropped',
    0.1,
    'Fraction of the images, and of the annotations, that may be dropped for '
    'one reason. If more is dropped, the exit status is 1. The value 1 accepts '
    'everything.',
    0.0,
    1.0,
  )
  flags.DEFINE_bool(
    'allow_outside_image_dir',
    False,
    'Accept file names in the annotations that lead out of --image_dir.',
  )
