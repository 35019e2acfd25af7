"""Loads a checkpoint and writes a SavedModel."""

import os

from absl import flags

from copypaste_tf import checkpoint_flags, whole_files
from copypaste_tf.console import saying
from copypaste_tf.products import products
from copypaste_tf.serving import inference, saved_model


def main() -> None:
  """Writes the SavedModel."""
  output = flags.FLAGS.output
  if os.path.exists(output) and (
    not os.path.isdir(output) or os.listdir(output)
  ):
    raise ValueError(f'--output={output} already exists; give a new folder')
  whole_files.check_folder(output, '--output')
  resolved = checkpoint_flags.load()
  checkpoint_flags.check(resolved, data=False, product='')
  names = checkpoint_flags.class_names(resolved, flags.FLAGS.label_map)
  detector = inference.Detector(resolved.params, checkpoint_flags.checkpoint())
  with (
    whole_files.file_errors(f'--output={output}'),
    saying('writing the SavedModel'),
  ):
    saved_model.save(
      detector,
      output,
      names=names,
      min_score=flags.FLAGS.min_score,
      served=products.get(detector.makes).served,
    )
  print(f'written: {output}')
  if not names:
    print('note: it has no class names; --label_map gives them')
