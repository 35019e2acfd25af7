"""Starts a training from the weights of a checkpoint."""

import collections
import os
from collections.abc import Collection, Sequence
from typing import NamedTuple

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling import parts
from copypaste_tf.training.checkpoints import last_good
from copypaste_tf.training.checkpoints.restore import (
  checked_keys,
  restore,
  unreadable,
)

_VALUE, _SLOT = '.ATTRIBUTES/VARIABLE_VALUE', '/.OPTIMIZER_SLOT/'
# Weights of Keras, PyTorch and others.
_FORMATS = ('.h5', '.keras', '.pth', '.pt', '.pkl', '.ckpt', '.safetensors')
# Counters of a run, which are no part of a model.
_BOOKKEEPING = ('global_step', 'save_counter')


class Start(NamedTuple):
  """Values of a checkpoint with which the training of a model starts.

  Attributes:
    checkpoint: path prefix of the checkpoint.
    taken: the variables of the model that take a value, by part.
    fresh: the other variables, which keep their initial values, by part.
    unread: number of values that are not read, by place in the checkpoint.
  """

  checkpoint: str
  taken: dict[str, list[tf.Variable]]
  fresh: dict[str, list[tf.Variable]]
  unread: dict[str, int]

  def __str__(self) -> str:
    taken, fresh = (
      sum(map(len, group.values())) for group in (self.taken, self.fresh)
    )
    sentences = [
      f'{taken} of {taken + fresh} variables start from {self.checkpoint} '
      f'({", ".join(self.taken)})'
    ]
    if fresh:
      names = ', '.join(self.fresh)
      sentences.append(f'{fresh} keep their initial values ({names})')
    if self.unread:
      places = (
        f'{n} values of its {place}' for place, n in self.unread.items()
      )
      sentences.append(f'{" and ".join(places)} are not read')
    return '; '.join(sentences)


def start(
  model: tf_keras.Model, checkpoint: str, modules: str | Sequence[str]
) -> Start:
  """Compares a model with a checkpoint; reads no values of variables.

  Args:
    model: a model with all its variables, perhaps of a `tf.Graph`.
    checkpoint: path prefix of a checkpoint, or a folder whose latest checkpoint
      is taken.
    modules: parts of the model, as in `parts.expand`.

  Raises:
    ValueError: as in `restore`, or a part is unknown.
  """
  checkpoint = find(checkpoint)
  taken = _by_part(model, modules)
  every = taken if modules == parts.ALL else _by_part(model, parts.ALL)
  variables = [v for group in taken.values() for v in group]
  try:
    reader = tf.train.load_checkpoint(checkpoint)
    keys = checked_keys(model, variables, reader, checkpoint)
    unread = reader.get_variable_to_shape_map().keys() - {*keys}
    # An average takes the place of its variable.
    unread -= {f'{key.split(_SLOT)[0]}/{_VALUE}' for key in keys}
  except last_good.UNREADABLE as error:
    raise unreadable(checkpoint, 'its index', error) from error
  fresh = {name: v for name, v in every.items() if name not in taken}
  return Start(checkpoint, taken, fresh, _places(unread))


def initialize(
  model: tf_keras.Model, checkpoint: str, modules: str | Sequence[str]
) -> Start:
  """Initializes parts of a model from a checkpoint before training.

  Takes the arguments of `start` and raises the same errors.

  Returns:
    The values that were taken.
  """
  begun = start(model, checkpoint, modules)
  variables = [v for group in begun.taken.values() for v in group]
  restore(model, begun.checkpoint, variables)
  return begun


def find(checkpoint: str) -> str:
  """Returns the path prefix of a checkpoint, or of the latest of a folder.

  Raises:
    ValueError: there is none.
  """
  prefix = last_good.find(checkpoint)
  if prefix is None:
    place = 'in the folder ' if tf.io.gfile.isdir(checkpoint) else ''
    raise ValueError(f'no checkpoint {place}{checkpoint!r}{_hint(checkpoint)}')
  return prefix


def _hint(path: str) -> str:
  """Returns what a path holds instead of a checkpoint, or ''."""
  if tf.io.gfile.exists(os.path.join(path, 'saved_model.pb')):
    return ', which is a SavedModel; expected the checkpoint of a training'
  if os.path.splitext(path)[1] in _FORMATS and tf.io.gfile.exists(path):
    return (
      '; the file is of another program, expected a checkpoint of TensorFlow, '
      'such as ckpt-1000.index'
    )
  return ''


def _places(keys: Collection[str]) -> dict[str, int]:
  """Counts keys of variables by their place in the checkpoint."""
  places = [
    'optimizer' if _SLOT in key else key.split('/')[0]
    for key in keys
    if key.endswith(_VALUE)
  ]
  counts = collections.Counter(p for p in places if p not in _BOOKKEEPING)
  return dict(sorted(counts.items()))


def _by_part(model, modules) -> dict[str, list[tf.Variable]]:
  """Returns the variables of parts that have any."""
  if modules == parts.ALL and not hasattr(model, 'parts'):
    return {'all': model.variables}  # A model without parts.
  groups = {
    name: parts.variables(model, name) for name in parts.expand(modules)
  }
  return {name: variables for name, variables in groups.items() if variables}
