r"""Converts a published TF1 checkpoint to a checkpoint of this package.

python -m copypaste_tf.import_checkpoint --tf1_checkpoint=tf1/model.ckpt \
    --gin_file=configs/coco_r50_lsj.gin --output=imported

Pass the result as `--checkpoint` or `TaskConfig.init_checkpoint`. An ImageNet
classifier of the TF1 repositories can initialize the backbone: convert it with
--modules=backbone and set `TaskConfig.init_checkpoint_modules = ['backbone']`.
"""

from absl import flags

from copypaste_tf import command_line, config_flags


def _define_flags() -> None:
  config_flags.define()
  flags.DEFINE_string('tf1_checkpoint', None, 'Prefix of the TF1 checkpoint.')
  flags.DEFINE_string('output', None, 'Folder for the new checkpoint.')
  flags.DEFINE_enum(
    'modules', 'all', ('all', 'backbone'), 'Parts of the model to import.'
  )
  flags.DEFINE_bool(
    'moving_averages',
    False,
    'Take the moving averages of the weights where they exist; the published '
    'classifiers were evaluated with them.',
  )
  flags.mark_flags_as_required(['tf1_checkpoint', 'output'])


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from copypaste_tf.verbs import import_checkpoint

  import_checkpoint.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
