r"""Writes a SavedModel that TensorFlow alone can run.

python -m copypaste_tf.export --model_dir=build/first --output=build/saved_model
"""

from copypaste_tf import environment  # isort: split

import os

from absl import app, flags

from copypaste_tf import checkpoint_flags, config_flags
from copypaste_tf.serving import inference, saved_model

del environment  # Imported for its side effect.


def _define_flags() -> None:
  checkpoint_flags.define()
  flags.DEFINE_string('output', None, 'New folder for the SavedModel.')
  flags.DEFINE_float(
    'min_score', 0.0, 'Detections with a lower score are left out.'
  )


def main(argv: list[str]) -> None:
  """Writes the SavedModel."""
  if argv[1:]:
    raise app.UsageError(f'expected flags only, got {argv[1:]}')
  output = flags.FLAGS.output
  if not output:
    raise app.UsageError('--output is required')
  if os.path.exists(output) and (
    not os.path.isdir(output) or os.listdir(output)
  ):
    raise ValueError(f'--output={output} already exists; give a new folder')
  resolved = checkpoint_flags.load()
  checkpoint_flags.check(resolved, data=False, detections=True)
  detector = inference.Detector(resolved.params, checkpoint_flags.checkpoint())
  saved_model.save(detector, output, min_score=flags.FLAGS.min_score)
  print(f'written: {output}')


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; a mistake in the config is one line, not a traceback."""
  _define_flags()
  config_flags.run(main, argv)


if __name__ == '__main__':
  run()
