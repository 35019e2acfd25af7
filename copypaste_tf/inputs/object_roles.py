"""Decides what each object of a record is: a label, ignored, or not read.

An ignored object is neither a label nor background. A config can ignore kinds
of objects in all record sets. A record set can ignore the objects whose scores
lie between two limits.
"""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.examples import ABSENT, Scenes
from copypaste_tf.inputs import record_sets
from copypaste_tf.inputs.data_config import RecordSet, TrainData
from copypaste_tf.inputs.decode_extras import decode_extras

# Kinds of objects that a config may name, and that of the scores.
KINDS = ('crowd', 'difficult')
_SCORES = 'scores'


class Roles(NamedTuple):
  """The roles of the `n` objects of a record.

  Attributes:
    read: `[n]` bool, false for objects that are left out altogether.
    ignored: `[n]` bool, objects that are read, but are no labels.
  """

  read: tf.Tensor
  ignored: tf.Tensor


class ScoreLimits(NamedTuple):
  """Scores that divide the objects of a record, in [0, 1].

  Attributes:
    ignored: minimum score of an ignored object.
    label: minimum score of a label.
  """

  ignored: float | tf.Tensor
  label: float | tf.Tensor


def ignored_kinds(data: TrainData) -> tuple[str, ...]:
  """Returns the kinds of objects that a config ignores in any record set."""
  bands = [one.ignore_score is not None for one in record_sets.resolve(data)]
  return (*data.ignore, *([_SCORES] if any(bands) else []))


def score_limits(data: TrainData, record_set: RecordSet) -> ScoreLimits | None:
  """Returns the limits of a set; None if no set of the config has limits."""
  if not any(one.min_score for one in record_sets.resolve(data)):
    return None
  least = record_set.ignore_score
  label = record_set.min_score
  return ScoreLimits(label if least is None else least, label)


def decide(
  serialized: tf.Tensor,
  crowd: tf.Tensor,
  *,
  ignore: tuple[str, ...],
  scores: ScoreLimits | None,
) -> Roles:
  """Decides about the objects of a record.

  A record without scores has scores of 1. A score of NaN is below all limits.

  Args:
    serialized: scalar string, a serialized `tf.train.Example`.
    crowd: `[n]` bool, COCO's `iscrowd`.
    ignore: result of `ignored_kinds`.
    scores: the limits of the record's set; None reads all scores.

  Returns:
    The `Roles`.

  Raises:
    tf.errors.InvalidArgumentError: while running, if a flag or a score is
      missing for some of the objects.
  """
  extras = decode_extras(serialized)
  read, ignored = tf.ones_like(crowd), tf.zeros_like(crowd)
  if scores is not None:
    read = extras.scores >= scores.ignored
    ignored = ~(extras.scores >= scores.label)
  flags = {'crowd': crowd, 'difficult': extras.difficult}
  for kind in ignore:
    ignored |= flags.get(kind, False)
  return Roles(read, read & ignored)


def apply(scene: Scenes, roles: Roles, *, ignore: tuple[str, ...]) -> Scenes:
  """Leaves out the objects that are not read, and marks the ignored ones.

  Args:
    scene: a scene without the batch axis and without padding.
    roles: what its objects are.
    ignore: result of `ignored_kinds`.

  Returns:
    The scene with the objects that are read. `ignored` is `ABSENT` if `ignore`
    is empty.
  """
  rows = tf.where(roles.read)[:, 0]
  if ignore:
    scene = scene._replace(ignored=roles.ignored)
  return scene._replace(
    **{
      name: tf.gather(getattr(scene, name), rows)
      for name in ('boxes', 'classes', 'ids', 'crowd', 'ignored')
      if getattr(scene, name) is not ABSENT
    }
  )
