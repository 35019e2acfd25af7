r"""Writes the report of a run: one HTML file, and its numbers as JSON.

python -m copypaste_tf.report --model_dir=build/smoke --output_dir=build/report

With --compare, the page shows several runs side by side.
"""

from absl import flags

from copypaste_tf import command_line


def _define_flags() -> None:
  for name, text in (
    ('model_dir', 'Folder of the run.'),
    ('output_dir', 'Folder for report.html and metrics.json.'),
    (
      'sheet',
      'Contact sheet of copypaste_tf.visualize (.html, .png or .jpg) to put '
      'into the report.',
    ),
  ):
    flags.DEFINE_string(name, None, text)
  flags.DEFINE_list(
    'compare',
    [],
    'Folders of runs to compare with that of --model_dir, separated by commas; '
    'writes comparison.html and comparison.json.',
  )
  flags.mark_flags_as_required(['model_dir', 'output_dir'])
  flags.DEFINE_float(
    'seconds',
    None,
    'Seconds of the whole job to show; by default those of the training.',
  )
  flags.DEFINE_integer(
    'images',
    12,
    'Number of images shown with ground truth and predictions.',
    0,
  )
  flags.DEFINE_float(
    'min_score',
    0.5,
    'Do not draw detections with a lower score.',
    0.0,
    1.0,
  )


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from copypaste_tf.verbs import report

  report.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
