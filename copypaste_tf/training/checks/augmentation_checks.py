"""Checks the options of the augmentation, and those of the paste sources."""

from collections.abc import Iterator

from copypaste_tf.config.config_types import Problem
from copypaste_tf.inputs import pipeline
from copypaste_tf.inputs.data_config import TrainData

_TRAIN = 'task.train_data.'


def problems(data: TrainData) -> list[Problem]:
  """Lists problems of the jitter and of the composition of images.

  Args:
    data: config of the training inputs.
  """
  return [*_sources(data), *_options(data)]


def _sources(data: TrainData) -> Iterator[Problem]:
  for name in ('source_input_path', 'source_jitter'):
    if getattr(data, name) and not data.composes():
      yield Problem(
        _TRAIN + name,
        'is never read without TrainData.copy_paste = @CopyPaste()',
      )


def _options(data: TrainData) -> Iterator[Problem]:
  """Runs the checks of the options of the augmentation."""
  try:
    knobs = pipeline.augment_knobs(data)
  except FileNotFoundError:  # `data_checks` names the missing records.
    return
  except ValueError as error:
    field = 'composition' if data.composition else 'copy_paste'
    yield Problem(_TRAIN + field, str(error))
    return
  options = {name: knobs[name] for name in ('jitter', 'source_jitter')}
  if data.copy_paste is not None:  # A named composition is checked by now.
    options['copy_paste'] = knobs['composition']
  for name, checked in options.items():
    try:
      if checked is not None:
        checked.check()
    except ValueError as error:
      # The message begins with the field, such as `CopyPaste.subset`.
      _, _, field = str(error).split()[0].partition('.')
      yield Problem(f'{_TRAIN}{name}.{field}'.rstrip('.'), str(error))
