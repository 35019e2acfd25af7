"""Lists the settings of a recipe that depend on its records."""

import shlex
from collections.abc import Iterator

from official.core import config_definitions as cfg

from copypaste_tf.inputs import data_files, record_sets, repeat_factors
from copypaste_tf.tasks import registry
from copypaste_tf.training.checks import data_checks

_LARGEST_SIDE = 640  # Decoded images are shrunk to this size, as in the paper.


def lines(params: cfg.ExperimentConfig) -> list[str]:
  """Describes the training records, with the flags that fit them.

  Args:
    params: the config, without problems; the records exist.

  Returns:
    Lines that begin with `data:`, `set ...:`, `epochs:`, `repeats:` and
    `paste:`, to print.
  """
  patterns = record_sets.patterns(params.task.train_data)
  facts = data_checks.gather(patterns)
  # Sets have epochs of their own, and each manifest has its largest image.
  single = len(record_sets.paths(params.task.train_data)) == 1
  images = data_files.known_count(patterns) if single else None
  one_file = single and ',' not in patterns
  manifest = (data_files.manifest(patterns) or {}) if one_file else {}
  return [
    f'data: {", ".join(_described(facts, manifest, images))}',
    *_sets(params.task.train_data),
    *_epochs(params, images),
    *repeat_factors.lines(params.task.train_data),
    f'paste: {" ".join(_flags(params, facts, manifest))}',
  ]


def _described(facts, manifest, images: int | None) -> Iterator[str]:
  if images is not None:
    yield f'{images} images'
  highest = max(facts.classes, default=0)
  yield f'{len(facts.classes)} classes with ids up to {highest}'
  yield f'at most {facts.max_instances} objects an image'
  if 'max_height' in manifest:
    yield f'at most {manifest["max_height"]}x{manifest["max_width"]} pixels'


def _sets(data) -> Iterator[str]:
  """Describes each of several sets: its part of a batch, its objects."""
  sets = record_sets.resolve(data)
  if len(sets) == 1:
    return
  weights = record_sets.loss_weights(data)
  for name, one, weight in zip(
    record_sets.names(data), sets, weights, strict=True
  ):
    facts = [
      f'{one.share:g} of each batch',
      *_objects(one.path),
      *([f'labels from a score of {one.min_score:g}'] if one.min_score else []),
      'pasted into' if one.paste_into and one.share else 'not pasted into',
      'pasted from' if one.pasted_from else 'not pasted from',
      f'losses times {weight:.3g}',
    ]
    yield f'set {name}: {", ".join(facts)}'


def _objects(patterns: str) -> Iterator[str]:
  """Describes images and objects of records, as far as manifests tell them."""
  images = data_files.known_count(patterns)
  if not images:
    return
  yield f'{images} images'
  # Manifests of older conversions have no counts.
  counts = [
    manifest.get('counts', {}).get('annotations', {}).get('written')
    for manifest in data_files.read_manifests(data_files.expand(patterns))
  ]
  if None not in counts:
    yield f'{sum(counts) / images:.3g} objects an image'


def _epochs(params, images: int | None) -> Iterator[str]:
  if not images:
    return
  batch = params.task.train_data.global_batch_size
  steps = params.trainer.train_steps
  yield (
    f'epochs: {steps} steps of {batch} images are {steps * batch / images:.3g} '
    f'epochs; 10 epochs are {-(-10 * images // batch)} steps '
    '(schedule.train_steps)'
  )


def _flags(params, facts, manifest) -> Iterator[str]:
  task = params.task
  values = {}
  if not task.train_data.sets:
    values['TRAIN_RECORDS'] = task.train_data.input_path
  values['EVAL_RECORDS'] = task.validation_data.input_path
  built = registry.build(task)
  if built.num_classes is not None:
    name = f'{built.model_configurable}.num_classes'
    values[name] = max(facts.classes, default=0) + 1
  if task.train_data.masks:
    values['TrainData.num_planes'] = max(facts.num_planes, 1)
  if not task.train_data.class_maps:  # Else the labels are the classes.
    values['TrainData.max_source_instances'] = max(facts.max_instances, 1)
  if 'max_height' in manifest:
    sides = manifest['max_height'], manifest['max_width']
    values['TrainData.source_size'] = tuple(
      min(side, _LARGEST_SIDE) for side in sides
    )
  for name, value in values.items():
    yield f'--gin_params={shlex.quote(f"{name} = {value!r}")}'
