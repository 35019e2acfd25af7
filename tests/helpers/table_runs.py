"""Writes folders of runs as `experiments.run_table` leaves them."""

import dataclasses
import json
import pathlib
import shutil

import numpy as np
import run_folder

from copypaste_tf import whole_files
from copypaste_tf.evaluation import coco, groundtruth
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import run_record
from experiments import cells
from experiments.rows import Cell, Row, table

IMAGES = 8
STEPS = 4
SEEDS = (0, 1, 2)
LENGTH = f'schedule.train_steps = {STEPS}'
NONE = Row('none', 'shapes_demo', ('TrainData.copy_paste = None', LENGTH))
PASTED = Row('pasted', 'shapes_demo', (LENGTH,), against='none')


def pair():
  """Returns a table of a row without and a row with Copy-Paste."""
  rows = [dataclasses.replace(x, seeds={1.0: SEEDS}) for x in (NONE, PASTED)]
  return table('pair', 'A pair', rows)


class Runs:
  """Runs below a folder, all evaluated on the same records.

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

  def copy(self, folder):
    """Copies the runs, for a test that changes them."""
    other = object.__new__(Runs)
    other.folder, other.records, other.truth = folder, self.records, self.truth
    shutil.copytree(self.folder, folder)
    return other

  def path(self, row, seed):
    """Returns the folder of a run."""
    return self.folder / Cell(row, 1.0, seed).path

  def write(self, row, seed, found=0.5):
    """Writes a finished run that finds a part of the objects.

    Args:
      row: a row of a table.
      seed: seed of the run.
      found: probability that an object is found.
    """
    folder = self.path(row, seed)
    lines = [
      f"TRAIN_RECORDS = '{self.folder}/train.tfrecord'",
      f"EVAL_RECORDS = '{self.records}'",
      *row.lines(1.0, seed),
    ]
    resolved = gin_config.load([row.recipe], lines)
    run_record.write(str(folder), resolved, overwrite=False)
    command = cells.command(str(folder), row.recipe, lines)
    change(folder / 'versions.json', command=command, git_commit='a' * 40)
    steps = resolved.params.trainer.train_steps
    pastes = resolved.params.task.train_data.copy_paste is not None
    self.evaluate(folder, seed, found, steps, pasted=2.0 * pastes)

  def evaluate(self, folder, seed, found, steps=STEPS, pasted=2.0):
    """Writes detections, the history and the results of a run."""
    rng = np.random.default_rng(seed)
    keys = ('image_id', 'category_id', 'bbox', 'segmentation')
    detections = [
      {key: x[key] for key in keys} | {'score': round(rng.uniform(0.1, 1), 3)}
      for x in self.truth['annotations']
      if rng.random() < found
    ]
    (folder / 'detections.json').write_text(json.dumps(detections))
    metrics = coco.evaluate(self.truth, detections)
    rows = [{'total_loss': 1.0, 'paste/objects_pasted': pasted}, metrics]
    write_rows(folder, *({'step': steps, 'seconds': 9.0} | x for x in rows))
    results = {'step': steps, 'seconds': 9.0, 'eval': metrics}
    whole_files.write(str(folder / 'results.json'), json.dumps(results))


def write_rows(folder, *rows):
  """Writes the history of a run."""
  whole_files.write_rows(str(folder / 'history.jsonl'), rows)


def change(path, **changes):
  """Replaces contents of a JSON file."""
  path = pathlib.Path(path)
  path.write_text(json.dumps(json.loads(path.read_text()) | changes))
