"""Writes folders of runs as `experiments.run_table` leaves them."""

import dataclasses
import json

import numpy as np
import run_folder

from copypaste_tf import whole_files
from copypaste_tf.evaluation import coco, groundtruth
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import history, run_record
from experiments import cells
from experiments.rows import Cell, Row, table

IMAGES = 8
STEPS = 4
LENGTH = f'schedule.train_steps = {STEPS}'
PASTE_NOTHING = 'TrainData.copy_paste = None'
NONE = Row('none', 'shapes_demo', (PASTE_NOTHING, LENGTH))
PASTED = Row('pasted', 'shapes_demo', (LENGTH,), against='none')


def pair(seeds=(0, 1, 2)):
  """Returns a table of a row without and a row with Copy-Paste."""
  rows = [dataclasses.replace(x, seeds={1.0: seeds}) for x in (NONE, PASTED)]
  return table('pair', 'A pair', rows)


class Runs:
  """Writes runs below a folder, all evaluated on the same records.

  Attributes:
    folder: folder of all runs.
    records: the evaluation records.
    truth: their labels.
  """

  def __init__(self, folder):
    self.folder = folder
    folder.mkdir(parents=True)
    self.records = run_folder.write_records(folder, IMAGES)
    self.truth = groundtruth.from_records([self.records])

  def write(self, row, seed, found=0.5, *, fraction=1.0, pasted=2.0, **changes):
    """Writes a finished run that finds a part of the objects.

    Args:
      row: a row of a table.
      seed: seed of the run.
      found: probability that an object is found.
      fraction: part of the training images.
      pasted: objects pasted per image; of an arm without paste 0.
      **changes: contents of `versions.json` to replace.

    Returns:
      The folder of the run.
    """
    folder = self.folder / Cell(row, fraction, seed).path
    lines = [
      f"TRAIN_RECORDS = '{self.folder}/train.tfrecord'",
      f"EVAL_RECORDS = '{self.records}'",
      *row.lines(fraction, seed),
    ]
    resolved = gin_config.load([row.recipe], lines)
    run_record.write(str(folder), resolved, overwrite=False)
    command = cells.command(str(folder), row.recipe, lines)
    change(
      folder / 'versions.json',
      command=command,
      git_commit='a' * 40,
      **changes,
    )
    metrics = self._evaluate(folder, seed, found)
    steps = resolved.params.trainer.train_steps
    data = resolved.params.task.train_data
    pasted = pasted if data.copy_paste is not None else 0.0
    rows = history.History(str(folder / 'history.jsonl'))
    rows.append(steps, {'total_loss': 1.0, 'paste/objects_pasted': pasted})
    rows.append(steps, metrics)
    results = {'step': steps, 'seconds': 9.0, 'eval': metrics}
    whole_files.write(str(folder / 'results.json'), json.dumps(results))
    return folder

  def _evaluate(self, folder, seed, found):
    rng = np.random.default_rng(seed)
    detections = [
      {
        **{
          k: x[k] for k in ('image_id', 'category_id', 'bbox', 'segmentation')
        },
        'score': round(float(rng.uniform(0.1, 1)), 3),
      }
      for x in self.truth['annotations']
      if rng.random() < found
    ]
    (folder / 'detections.json').write_text(json.dumps(detections))
    return coco.evaluate(self.truth, detections)


def change(path, **changes):
  """Replaces contents of a JSON file."""
  path.write_text(json.dumps(json.loads(path.read_text()) | changes))
