"""Loads a checkpoint and writes a SavedModel."""

import os

from absl import flags

from copypaste_tf import checkpoint_flags
from copypaste_tf.serving import inference, saved_model


def main() -> None:
  """Writes the SavedModel."""
  output = flags.FLAGS.output
  if os.path.exists(output) and (
    not os.path.isdir(output) or os.listdir(output)
  ):
    raise ValueError(f'--output={output} already exists; give a new folder')
  resolved = checkpoint_flags.load()
  checkpoint_flags.check(resolved, data=False, detections=True)
  detector = inference.Detector(resolved.params, checkpoint_flags.checkpoint())
  saved_model.save(detector, output, min_score=flags.FLAGS.min_score)
  print(f'written: {output}')
