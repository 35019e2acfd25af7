"""Writes folders of runs that are compared, with the same held-out records."""

import json

import run_folder

from copypaste_tf.reporting import run_files
from copypaste_tf.reporting.compared_run import ComparedRun

STEPS = ['schedule.train_steps = 20']
METRICS = {
  'box_ap': 0.30,
  'mask_ap': 0.25,
  'mask_ap/disc': 0.5,
  'mask_ap/star': 0.2,
  'mask_ap/ring': -1.0,
}
COUNTS = {'disc': 7, 'star': 2, 'ring': 0}


def make(folder, names, params=()):
  """Writes a run below `folder` for each name; returns their folders.

  Args:
    folder: an existing folder.
    names: names of the runs.
    params: lines of gin for the second and later runs.
  """
  records = run_folder.write_records(folder)
  made = [folder / name for name in names]
  for model_dir in made:
    lines = params if model_dir != made[0] else ()
    run_folder.write_record(model_dir, records, [*STEPS, *lines])
    run_folder.write_events(model_dir)
    run_folder.write_detections(model_dir, records)
    run_folder.write_results(model_dir)
  return made


def read(folders, changes=({}, {})):
  """Reads runs with made-up metrics; `changes` are those of each run."""
  return [
    ComparedRun(folder.name, run_files.read(str(folder)), METRICS | new, COUNTS)
    for folder, new in zip(folders, changes, strict=True)
  ]


def change_versions(model_dir, **changes):
  path = model_dir / 'versions.json'
  path.write_text(json.dumps(json.loads(path.read_text()) | changes))
