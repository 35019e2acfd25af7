"""Writes augmented examples of a recipe in a form that others read."""

from typing import Any

import tensorflow as tf
from absl import flags

from copypaste_tf import config_flags
from copypaste_tf.augmented import export
from copypaste_tf.augmented.coco_form import CocoForm
from copypaste_tf.augmented.job import Job
from copypaste_tf.augmented.record_form import RecordForm
from copypaste_tf.inputs import data_files, record_sets
from copypaste_tf.tasks import registry
from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.run import versions

_FORMS = {'coco': CocoForm, 'tfrecord': RecordForm}


def main() -> None:
  """Runs the pipeline, writes the data set and prints what it has."""
  values = flags.FLAGS
  resolved = config_flags.load()
  config_flags.refuse(
    config_checks.problems(resolved.params, mode='train', initialises=False),
    resolved,
  )
  job = make_job(
    resolved.params.task, values.output, values.examples, values.image_format
  )
  form = _FORMS[values.format](job)
  total = export.export(
    job, form, settings(job, values.format), overwrite=values.overwrite
  )
  print(f'{form.final}: {describe(total)}')


def make_job(task, folder: str, count: int, image_format: str) -> Job:
  """Returns the job of a task's training inputs.

  Args:
    task: config of the task.
    folder: folder of the data set.
    count: number of examples.
    image_format: `jpeg` or `png`.

  Raises:
    ValueError: the task trains on class maps, which have no objects.
  """
  data = task.train_data
  if data.class_maps:
    raise ValueError(
      'export_augmented writes objects, but TrainData.class_maps = '
      f'{data.class_maps!r} trains on class maps; take a recipe of detection'
    )
  patterns = record_sets.patterns(data)
  manifests = data_files.read_manifests(data_files.expand(patterns))
  details: dict[str, Any] = {}
  for manifest in manifests:
    details |= manifest.get('categories', {})
  return Job(
    folder=folder,
    data=data,
    output_size=registry.build(task).output_size,
    count=count,
    image_format=image_format,
    names=data_files.joined_label_map(manifests),
    details=details,
  )


def settings(job: Job, form: str) -> dict[str, Any]:
  """Returns all that decides the bytes of the files.

  Args:
    job: the job.
    form: name of the form.
  """
  paths = data_files.expand(record_sets.patterns(job.data))
  return {
    'format': form,
    'image_format': job.image_format,
    'examples': job.count,
    'output_size': job.output_size,
    'data': job.inputs.as_dict(),
    'records': {path: tf.io.gfile.stat(path).length for path in paths},
    'packages': versions.packages(),
  }


def describe(total: dict[str, int]) -> str:
  """Describes a data set by its counts; see `export.export`."""
  text = (
    f'{total["examples"]} examples with {total["labels"]} labels, '
    f'{total["pasted"]} of them pasted'
  )
  if total['empty']:
    text += f'; {total["empty"]} examples have no label'
  if total['clipped']:
    text += (
      f'; {total["clipped"]} labels had no room, raise TrainData.max_instances'
    )
  return text
