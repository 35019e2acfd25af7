"""Writes the class weights and repeats that a run computes from its records."""

import json
import os

from copypaste_tf import whole_files
from copypaste_tf.inputs import class_weights, repeat_factors
from copypaste_tf.inputs.data_config import TrainData

SAMPLING = 'sampling.json'
"""File of the class weights and the description of the epochs."""


def write(model_dir: str, data: TrainData) -> list[str]:
  """Writes the class weights and the repeats, if the config asks for any.

  Args:
    model_dir: folder of the run.
    data: config of the training inputs; the records exist.

  Returns:
    Lines that describe it, to print.
  """
  lines = [*repeat_factors.lines(data)]
  content = {'repeats': [*lines]} if lines else {}
  power = data.copy_paste.class_weight_power if data.copy_paste else 0
  if power:
    weights = class_weights.of_records(data, power)
    content['class_weights'] = weights
    lines.append(
      f'pasted objects: class weights (1 / n)^{power:g} from {min(weights):.3g}'
      f' to {max(weights):.3g}, in {SAMPLING}'
    )
  if content:
    text = json.dumps(content, indent=1, ensure_ascii=False)
    whole_files.write(os.path.join(model_dir, SAMPLING), text + '\n')
  return lines
