"""Lists the variables of a part of the model, and freezes parts."""

from collections.abc import Iterable, Sequence

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.mask_rcnn import MaskRCNN

# Every variable belongs to exactly one part. The classifier has the layers that
# depend on the number of classes: class logits, mask logits, and boxes unless
# they are class-agnostic.
PARTS = (
  'backbone',
  'decoder',
  'rpn_head',
  'box_heads',
  'mask_head',
  'classifier',
)
ALL, ALL_BUT_CLASSIFIER = 'all', 'all_but_classifier'


def expand(parts: str | Sequence[str]) -> tuple[str, ...]:
  """Expands a choice of parts to their names.

  Args:
    parts: `all`, `all_but_classifier`, one name or several names of `PARTS`.

  Returns:
    Names of `PARTS`.

  Raises:
    ValueError: a name is not in `PARTS`.
  """
  if parts == ALL:
    return PARTS
  if parts == ALL_BUT_CLASSIFIER:
    return PARTS[:-1]
  names = (parts,) if isinstance(parts, str) else tuple(parts)
  unknown = [name for name in names if name not in PARTS]
  if unknown:
    raise ValueError(
      f'expected {ALL}, {ALL_BUT_CLASSIFIER} or a list out of '
      f'{", ".join(PARTS)}, got {unknown[0]!r}'
    )
  return names


def freeze(model: MaskRCNN, parts: Sequence[str]) -> None:
  """Freezes the weights and the moving statistics of parts.

  Args:
    model: a model with all its variables.
    parts: as in `expand`.

  Raises:
    ValueError: a name is not in `PARTS`.
  """
  for layer in _layers(model, expand(parts)):
    layer.trainable = False


def variables(model: MaskRCNN, parts: str | Sequence[str]) -> list[tf.Variable]:
  """Returns all variables of parts, in the order of `model.variables`.

  Args:
    model: a model with all its variables.
    parts: as in `expand`.

  Raises:
    ValueError: a name is not in `PARTS`.
  """
  ids = {
    id(v) for layer in _layers(model, expand(parts)) for v in layer.variables
  }
  return [v for v in model.variables if id(v) in ids]


def _layers(model, parts: Iterable[str]) -> list[tf_keras.layers.Layer]:
  """Returns the innermost layers of parts, which own the variables."""
  regions = model.regions
  masks = [regions.mask_head] if regions.mask_head is not None else []
  heads = [*regions.box_heads, *masks]
  classifier = [layer for head in heads for layer in head.classifier()]
  layers = {
    'backbone': _leaves([model.backbone]),
    'decoder': _leaves([model.decoder]),
    'rpn_head': _leaves([model.rpn_head]),
    'box_heads': _leaves(regions.box_heads, excluded=classifier),
    'mask_head': _leaves(masks, excluded=classifier),
    'classifier': classifier,
  }
  return [layer for part in parts for layer in layers[part]]


def _leaves(owners, excluded=()) -> list[tf_keras.layers.Layer]:
  """Returns the innermost layers of `owners` that are not `excluded`."""
  return [
    layer
    for owner in owners
    for layer in owner.submodules
    if isinstance(layer, tf_keras.layers.Layer)
    and not layer.submodules
    and not any(layer is other for other in excluded)
  ]
