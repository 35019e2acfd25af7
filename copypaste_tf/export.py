r"""Writes a SavedModel that TensorFlow alone can run.

python -m copypaste_tf.export --model_dir=build/first --output=build/saved_model
"""

from absl import flags

from copypaste_tf import checkpoint_flags, command_line


def _define_flags() -> None:
  checkpoint_flags.define()
  flags.DEFINE_string(
    'output', None, 'New folder for the SavedModel.', required=True
  )
  checkpoint_flags.define_label_map()
  flags.DEFINE_float(
    'min_score', 0.0, 'Leave out detections with a lower score.'
  )


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from copypaste_tf.verbs import export

  export.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
