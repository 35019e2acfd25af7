"""Lists the variables of a part of the model, and freezes parts."""

from collections.abc import Iterable, Sequence

import tensorflow as tf
import tf_keras

# The layers that depend on the number of classes: class logits, boxes unless
# they are class-agnostic, mask logits, and the logits of the pixels.
CLASSIFIER = ('class_scores', 'class_boxes', 'class_masks', 'class_pixels')
# Every variable belongs to exactly one part. A model has some of the parts.
PARTS = (
  'backbone',
  'decoder',
  'rpn_head',
  'box_heads',
  'mask_head',
  'segmentation_head',
  *CLASSIFIER,
)
_GROUPS = {
  'all': PARTS,
  'all_but_classifier': PARTS[: -len(CLASSIFIER)],
  'classifier': CLASSIFIER,
}
ALL = 'all'


def expand(parts: str | Sequence[str]) -> tuple[str, ...]:
  """Expands a choice of parts to their names.

  Args:
    parts: one name or several, of `PARTS` or of a group: `all`,
      `all_but_classifier` or `classifier`.

  Returns:
    Names of `PARTS`, each once.

  Raises:
    ValueError: a name is neither a part nor a group.
  """
  names = (parts,) if isinstance(parts, str) else tuple(parts)
  known = {name: (name,) for name in PARTS} | _GROUPS
  unknown = [name for name in names if name not in known]
  if unknown:
    raise ValueError(
      f'expected a name or a list out of {", ".join(known)}, got {unknown[0]!r}'
    )
  return tuple(dict.fromkeys(part for name in names for part in known[name]))


def freeze(model: tf_keras.Model, parts: Sequence[str]) -> None:
  """Freezes the weights and the moving statistics of parts.

  Args:
    model: a model with all its variables, whose `parts` and `classifier` name
      its layers.
    parts: as in `expand`.

  Raises:
    ValueError: a name is not in `PARTS`.
  """
  for layer in _layers(model, expand(parts)):
    layer.trainable = False


def variables(
  model: tf_keras.Model, parts: str | Sequence[str]
) -> list[tf.Variable]:
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
  classifier = model.classifier()
  excluded = [layer for layers in classifier.values() for layer in layers]
  layers = {
    name: _leaves(owners, excluded) for name, owners in model.parts().items()
  } | classifier
  return [layer for part in parts for layer in layers.get(part, ())]


def _leaves(owners, excluded) -> list[tf_keras.layers.Layer]:
  """Returns the innermost layers of `owners` that are not `excluded`."""
  return [
    layer
    for owner in owners
    for layer in owner.submodules
    if isinstance(layer, tf_keras.layers.Layer)
    and not layer.submodules
    and not any(layer is other for other in excluded)
  ]
