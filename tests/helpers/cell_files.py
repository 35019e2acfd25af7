"""Writes the files of a finished run by which `experiments.cells` knows it."""

import json

import yaml


def write(folder, command, *, step=8, evaluated=True):
  """Writes the files of a run of eight steps.

  Args:
    folder: folder of the cell; made if it does not exist.
    command: `cells.command` of the run.
    step: last step in its results.
    evaluated: whether its results have metrics.
  """
  folder.mkdir(parents=True, exist_ok=True)
  params = {'trainer': {'train_steps': 8}}
  (folder / 'params.yaml').write_text(yaml.safe_dump(params))
  versions = {'command': ['train.py', *command[1:]]}
  (folder / 'versions.json').write_text(json.dumps(versions))
  evaluation = {'mask_ap': 0.5} if evaluated else {}
  results = {'step': step, 'eval': evaluation}
  (folder / 'results.json').write_text(json.dumps(results))
