"""The parts of a model that can be initialised or frozen alone."""

from collections.abc import Iterable, Sequence

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.mask_rcnn import MaskRCNN

# Every variable belongs to one of them. The classifier is what depends on the
# number of classes: scores, boxes unless they are class-agnostic, mask logits.
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
  """Returns the names of parts.

  Args:
    parts: `all`, `all_but_classifier`, or names out of `PARTS`.

  Raises:
    ValueError: there is no such part.
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
  """Keeps the weights and the moving statistics of parts as they are."""
  for layer in _layers(model, expand(parts)):
    layer.trainable = False


def variables(model: MaskRCNN, parts: str | Sequence[str]) -> list[tf.Variable]:
  """Returns all variables of parts, in the order of the model's."""
  wanted = {
    id(v) for layer in _layers(model, expand(parts)) for v in layer.variables
  }
  return [v for v in model.variables if id(v) in wanted]


def _layers(model, parts: Iterable[str]) -> list[tf_keras.layers.Layer]:
  """Returns the layers of parts that hold variables themselves."""
  regions = model.regions
  masks = [regions.mask_head] if regions.mask_head is not None else []
  heads = [*regions.box_heads, *masks]
  classifier = [layer for head in heads for layer in head.classifier()]
  layers = {
    'backbone': _leaves([model.backbone]),
    'decoder': _leaves([model.decoder]),
    'rpn_head': _leaves([model.rpn_head]),
    'box_heads': _leaves(regions.box_heads, but=classifier),
    'mask_head': _leaves(masks, but=classifier),
    'classifier': classifier,
  }
  return [layer for part in parts for layer in layers[part]]


def _leaves(owners, but=()) -> list[tf_keras.layers.Layer]:
  """Returns the layers inside of others that have none inside, `but` some."""
  return [
    layer
    for owner in owners
    for layer in owner.submodules
    if isinstance(layer, tf_keras.layers.Layer)
    and not layer.submodules
    and not any(layer is other for other in but)
  ]
