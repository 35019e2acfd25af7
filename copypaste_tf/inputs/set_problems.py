"""Finds record sets that cannot share the images of a batch."""

import math
import re
from collections.abc import Iterator, Sequence

from copypaste_tf.inputs import object_roles, record_sets
from copypaste_tf.inputs.data_config import RecordSet, TrainData

# In images: shares such as a third are written with few digits.
_TOLERANCE = 0.02
_NAME = re.compile(r'[\w.-]*')

# Not read from a `TrainData()`, which would have the bindings of a recipe.
_SHORT_FORM = {
  'input_path': '',
  'source_input_path': '',
  'repeat_threshold': 0.0,
  'source_repeat_threshold': None,
}


def problems(data: TrainData, size: int) -> Iterator[tuple[str, str]]:
  """Finds reasons why the sets cannot share a group.

  Args:
    data: config of the training inputs.
    size: images in the group.

  Yields:
    The field of `TrainData` to change, such as `sets.0.share`, and a message.
  """
  yield from _threshold_problems(data)
  yield from _ignore_problems(data)
  if not data.sets:
    return
  for field, unset in _SHORT_FORM.items():
    if getattr(data, field) != unset:
      yield (
        field,
        f'TrainData.sets says what is read; set TrainData.{field} = {unset!r}',
      )
  yield from _name_problems(data)
  yield from _weight_problems(data.sets)
  wrong_shares = [*_share_problems(data.sets, size)]
  yield from wrong_shares
  if data.composes() and not wrong_shares:
    yield from _paste_problems(data, size)


def _threshold_problems(data: TrainData) -> Iterator[tuple[str, str]]:
  """Finds repeat thresholds that are out of range or have no effect."""
  thresholds = {
    f'sets.{number}.repeat_threshold': record_set.repeat_threshold
    for number, record_set in enumerate(data.sets)
  }
  for field in ('repeat_threshold', 'source_repeat_threshold'):
    thresholds[field] = getattr(data, field) or 0.0
  for field, value in thresholds.items():
    if not 0 <= value <= 1:
      yield field, f'expected a fraction of images in [0, 1], got {value:g}'
  if data.source_repeat_threshold and not (data.source_input_path or data.sets):
    yield (
      'source_repeat_threshold',
      'is never read without TrainData.source_input_path',
    )


def _ignore_problems(data: TrainData) -> Iterator[tuple[str, str]]:
  """Finds kinds of objects that do not exist, and scores out of range."""
  for kind in data.ignore:
    if kind not in object_roles.KINDS:
      yield (
        'ignore',
        f'expected kinds out of {", ".join(object_roles.KINDS)}, got {kind!r}; '
        'RecordSet.ignore_score ignores by score',
      )
  for number, record_set in enumerate(data.sets):
    least, label = record_set.ignore_score, record_set.min_score
    if not 0 <= label <= 1:
      yield (
        f'sets.{number}.min_score',
        f'expected a score in [0, 1], got {label:g}',
      )
    elif least is not None and not 0 <= least < label:
      yield (
        f'sets.{number}.ignore_score',
        f'expected a score of at least 0 and below min_score = {label:g}, got '
        f'{least:g}; None ignores nothing',
      )


def _name_problems(data: TrainData) -> Iterator[tuple[str, str]]:
  """Finds names that TensorBoard cannot show, or that two sets have."""
  names = record_sets.names(data)
  for number, name in enumerate(names):
    if not _NAME.fullmatch(name):
      yield (
        f'sets.{number}.name',
        f'expected letters, digits, dots, hyphens, underscores, got {name!r}',
      )
    elif names.index(name) < number:
      yield (
        f'sets.{number}.name',
        f'sets.{names.index(name)} is {name!r}, too; names must differ',
      )


def _weight_problems(sets: Sequence[RecordSet]) -> Iterator[tuple[str, str]]:
  """Finds loss weights out of range, and those that weigh nothing."""
  weights = [record_set.loss_weight for record_set in sets]
  wrong = [
    number
    for number, weight in enumerate(weights)
    if not 0 <= weight < math.inf
  ]
  for number in wrong:
    yield (
      f'sets.{number}.loss_weight',
      f'expected a finite number from 0 on, got {weights[number]:g}',
    )
  if wrong:
    return
  if not any(record_set.share * record_set.loss_weight for record_set in sets):
    yield 'sets', 'no set that is trained on has a loss_weight above 0'
  elif len(sets) == 1 and weights[0] != 1:
    yield (
      'sets.0.loss_weight',
      'only the ratio between sets counts, and there is one set; set 1.0 '
      '(loss_weights scales the losses)',
    )


def _share_problems(
  sets: Sequence[RecordSet], size: int
) -> Iterator[tuple[str, str]]:
  """Finds shares that give no whole number of images, or another sum than 1."""
  whole = True
  for number, record_set in enumerate(sets):
    images = record_set.share * size
    if 0 <= record_set.share <= 1 and (
      abs(images - round(images)) <= _TOLERANCE
      and (round(images) or not record_set.share)
    ):
      continue
    whole = False
    yield (
      f'sets.{number}.share',
      f'{record_set.share:g} of {size} images is {images:g} images; expected a '
      f'share of {_shares(size)}',
    )
  total = sum(round(record_set.share * size) for record_set in sets)
  if whole and total != size:
    yield (
      'sets',
      f'expected shares that add up to 1, got '
      f'{" + ".join(f"{x.share:g}" for x in sets)}, which is {total} of '
      f'the {size} images that are shared',
    )


def _shares(size: int) -> str:
  """Names the shares that give whole numbers of images."""
  if size > 8:
    return f'k / {size} with k from 0 to {size}'
  return ', '.join(f'{k / size:.4g}' for k in range(size + 1))


def _paste_problems(data: TrainData, size: int) -> Iterator[tuple[str, str]]:
  """Finds sets between which nothing can be pasted."""
  trained, sources = record_sets.divided(data)
  givers = [record_set for record_set in trained if record_set.pasted_from]
  takers = [record_set for record_set in trained if record_set.paste_into]
  if not takers:
    yield 'sets', 'Copy-Paste is on, but no set has paste_into = True'
  if sources:
    yield from _source_problems(data.sets, givers)
  elif not givers:
    yield 'sets', 'Copy-Paste is on, but no set has pasted_from = True'
  elif sum(round(record_set.share * size) for record_set in givers) == 1 and (
    givers[0].paste_into
  ):
    number = next(
      k for k, record_set in enumerate(data.sets) if record_set is givers[0]
    )
    yield (
      f'sets.{number}.paste_into',
      f'the only image of {size} that is pasted from cannot be pasted into '
      f'itself; raise TrainData.global_batch_size, or set paste_into = False',
    )


def _source_problems(
  sets: Sequence[RecordSet], givers: Sequence[RecordSet]
) -> Iterator[tuple[str, str]]:
  """Finds sources besides the one set that is only pasted from."""
  only = [k for k, record_set in enumerate(sets) if not record_set.share]
  for number in only[1:]:
    yield (
      f'sets.{number}.share',
      f'expected one set that is only pasted from, got sets.{only[0]} too; '
      'join their paths with a comma',
    )
  if not sets[only[0]].pasted_from:
    yield (
      f'sets.{only[0]}.pasted_from',
      'a set with a share of 0 must be pasted from',
    )
  for number, record_set in enumerate(sets):
    if any(record_set is giver for giver in givers):
      yield (
        f'sets.{number}.pasted_from',
        f'every image is pasted from sets.{only[0]}, whose share is 0; set '
        'pasted_from = False',
      )
