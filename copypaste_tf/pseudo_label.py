r"""Labels the images of records with a trained model: the teacher's part.

python -m copypaste_tf.pseudo_label --model_dir=build/teacher \
    --input='data/unlabeled-*.tfrecord' --output=data/pseudo
"""

from absl import flags

from copypaste_tf import checkpoint_flags, command_line


def _define_flags() -> None:
  checkpoint_flags.define()
  checkpoint_flags.define_label_map()
  _define_files()
  _define_labels()
  _define_machines()
  _define_report()
  flags.mark_flag_as_required('input')


def _define_files() -> None:
  flags.DEFINE_string(
    'input',
    None,
    'TFRecords to label: paths or glob patterns, several separated by commas. '
    'Labels that they hold are not kept.',
  )
  flags.DEFINE_string(
    'output',
    None,
    'Path and beginning of the names of the labelled shards, such as '
    'data/pseudo. Each input file becomes one shard, in the same order.',
  )
  flags.DEFINE_string(
    'coco_json', None, 'Also write the labels as a COCO file with scores.'
  )
  flags.DEFINE_bool(
    'mask_pngs',
    False,
    'Also store a PNG of each mask, for readers without id planes such as '
    "Model Garden's.",
  )
  flags.DEFINE_bool(
    'overwrite',
    False,
    'Delete shards of --output that were made in another way.',
  )


def _define_labels() -> None:
  flags.DEFINE_float(
    'min_score',
    None,
    'Least score of a stored label; 0.05 by default. A training chooses among '
    'the stored labels by RecordSet.min_score.',
    lower_bound=0.0,
    upper_bound=1.0,
  )
  flags.DEFINE_string(
    'thresholds',
    None,
    'JSON with the least score of a stored label by class, in place of '
    '--min_score.',
  )
  flags.DEFINE_float(
    'counted_score',
    None,
    'Least score of a label that the gates and the summary count; by default '
    '0.5, or all labels with --thresholds.',
    lower_bound=0.0,
    upper_bound=1.0,
  )
  flags.DEFINE_integer(
    'min_area', 1, 'Least number of pixels of a mask.', lower_bound=1
  )
  flags.DEFINE_integer(
    'max_planes',
    8,
    'Most id planes of a record, up to TrainData.num_planes. Of objects that '
    'lie deeper over one another, the least sure are left out.',
    lower_bound=1,
  )
  flags.DEFINE_enum(
    'boxes',
    'detected',
    ('detected', 'mask'),
    'The boxes of the model, or the tight boxes of its masks.',
  )
  flags.DEFINE_string(
    'labelled',
    None,
    'Labelled TFRecords with which the gates compare the labels; by default '
    "the recipe's training records that have a manifest.",
  )
  flags.DEFINE_bool(
    'force', False, 'Complete the set although a gate finds a problem.'
  )
  flags.DEFINE_enum(
    'on_error',
    'skip',
    ('skip', 'fail'),
    'Leave a record out if its image cannot be read, or stop.',
  )
  flags.DEFINE_float(
    'max_dropped',
    0.1,
    'Part of the records that may be left out; more is an error at the end.',
    lower_bound=0.0,
    upper_bound=1.0,
  )


def _define_machines() -> None:
  flags.DEFINE_integer(
    'batch_size', 4, 'Images in a batch of the model.', lower_bound=1
  )
  flags.DEFINE_integer(
    'num_workers',
    1,
    'Machines that divide the shards by numbers. Without numbers, processes '
    'with the same flags take one shard after the other.',
    lower_bound=1,
  )
  flags.DEFINE_integer(
    'worker',
    0,
    'Number of this one, from 0: it labels the shards I with I modulo '
    '--num_workers = --worker.',
    lower_bound=0,
  )
  flags.DEFINE_string(
    'beam_args',
    None,
    'Label on Apache Beam (pip install copypaste_tf[beam]), with these flags '
    'of Beam, such as "--runner=FlinkRunner ...". Its workers need --input, '
    '--output and the checkpoint under the same paths.',
  )


def _define_report() -> None:
  flags.DEFINE_string(
    'report',
    None,
    'Folder for a report on the labels of --input, which a person labelled, '
    'in place of --output: right and wrong ones at each threshold. The images '
    'should not be those that trained the model.',
  )
  flags.DEFINE_string(
    'unlabelled',
    None,
    'For --report: TFRecords whose labels are counted beside those of --input, '
    'such as a few shards without labels. Files that this verb labelled are '
    'read, others are labelled.',
  )
  flags.DEFINE_string(
    'labels',
    None,
    'For --report: TFRecords that this verb made of the images of --input; '
    'the model is not run.',
  )
  flags.DEFINE_bool(
    'match_frequency',
    False,
    'For --report: choose the threshold of each class at which it is as '
    'frequent per image of --unlabelled as in the labelled records.',
  )


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  if flags.FLAGS.report:
    from copypaste_tf import teacher_report

    teacher_report.main()
    return
  from copypaste_tf.verbs import pseudo_label

  pseudo_label.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
