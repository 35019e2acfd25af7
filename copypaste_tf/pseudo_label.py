r"""Labels the images of records with a trained model, for self-training.

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
    'TFRecords to label: paths or glob patterns, separated by commas. Labels '
    'in these records are not kept.',
  )
  flags.DEFINE_string(
    'output',
    None,
    'Prefix of the paths of the labelled shards, such as data/pseudo. Each '
    'input file becomes one shard, in the same order.',
  )
  flags.DEFINE_string(
    'coco_json', None, 'Also write the labels as a COCO file with scores.'
  )
  flags.DEFINE_bool(
    'mask_pngs',
    False,
    'Also store a PNG of each mask, for readers that do not know id planes, '
    "such as Model Garden's.",
  )
  flags.DEFINE_bool(
    'overwrite',
    False,
    'Delete shards of --output that were made with other settings.',
  )


def _define_labels() -> None:
  flags.DEFINE_float(
    'min_score',
    None,
    'Minimum score of a stored label; 0.05 by default. A training selects '
    'among the stored labels by RecordSet.min_score.',
    lower_bound=0.0,
    upper_bound=1.0,
  )
  flags.DEFINE_string(
    'thresholds',
    None,
    'JSON file with the minimum score of a stored label for each class, '
    'instead of --min_score.',
  )
  flags.DEFINE_float(
    'counted_score',
    None,
    'Minimum score of a label that counts for the summary and for the gates, '
    'which check that the labels are plausible; by default 0.5, or all labels '
    'with --thresholds.',
    lower_bound=0.0,
    upper_bound=1.0,
  )
  flags.DEFINE_integer(
    'min_area', 1, 'Minimum number of pixels of a mask.', lower_bound=1
  )
  flags.DEFINE_integer(
    'max_planes',
    8,
    'Maximum number of id planes of a record, up to TrainData.num_planes. If '
    'more objects overlap, those with the lowest scores are left out.',
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
    'force', False, 'Complete the set even if a gate finds a problem.'
  )
  flags.DEFINE_enum(
    'on_error',
    'skip',
    ('skip', 'fail'),
    'If the image of a record cannot be read: leave the record out, or stop.',
  )
  flags.DEFINE_float(
    'max_dropped',
    0.1,
    'Fraction of the records that may be left out; more is an error at the '
    'end.',
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
    'Number of machines, if each labels a fixed part of the shards. Without '
    'it, processes with the same flags take one shard after another.',
    lower_bound=1,
  )
  flags.DEFINE_integer(
    'worker',
    0,
    'Index of this machine or process, from 0: it labels the shards I with I '
    'modulo --num_workers = --worker.',
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
    'Folder for a report, instead of --output: it compares labels of the model '
    'with the annotations of --input, at each threshold. The model should not '
    'have been trained on these images.',
  )
  flags.DEFINE_string(
    'unlabelled',
    None,
    'For --report: further TFRecords whose labels are counted, such as a few '
    'shards of unlabelled images. Files that this command made are read, '
    'others are labelled.',
  )
  flags.DEFINE_string(
    'labels',
    None,
    'For --report: TFRecords that this command made from the images of '
    '--input; the model is not run.',
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
