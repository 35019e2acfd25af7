"""Weights of a checkpoint into a model, or the first variable at fault."""

from collections.abc import Sequence

import tensorflow as tf
import tf_keras
from absl import logging
from tensorflow.core.protobuf.trackable_object_graph_pb2 import (
  TrackableObjectGraph,
)

from copypaste_tf.modeling import parts
from copypaste_tf.modeling.mask_rcnn import MaskRCNN
from copypaste_tf.training.checkpoints import last_good

# The slot of an optimizer that holds the moving average of a variable.
AVERAGE_SLOT = 'average'
_GRAPH = '_CHECKPOINTABLE_OBJECT_GRAPH'


def restore(
  model: tf_keras.Model,
  checkpoint: str,
  variables: Sequence[tf.Variable] | None = None,
) -> None:
  """Restores variables of a model.

  The checkpoint may hold more, such as the optimizer of a training run. Where
  it holds moving averages of the weights, those are restored in their place.

  Args:
    model: with all its variables.
    checkpoint: path prefix, such as `model_dir/ckpt-1000`.
    variables: those of the model to restore; None means all.

  Raises:
    ValueError: there is no such checkpoint, it is damaged, or it is of another
      model; the message names the first variable that does not fit. Nothing is
      assigned then.
  """
  items = tf.train.Checkpoint(
    model=model, **getattr(model, 'checkpoint_items', {})
  )
  variables = model.variables if variables is None else variables
  current, values = 'its index', []
  try:
    reader = tf.train.load_checkpoint(checkpoint)
    current = 'its objects'
    keys = _matched(items, variables, reader, checkpoint)
    for variable, key in zip(variables, keys, strict=True):
      current = variable.name
      values.append(reader.get_tensor(key))
  except last_good.UNREADABLE as error:
    raise ValueError(
      f'checkpoint {checkpoint!r} cannot be read, at {current}: {error}'
    ) from error
  for variable, value in zip(variables, values, strict=True):
    variable.assign(value)


def initialize(
  model: MaskRCNN, checkpoint: str, modules: str | Sequence[str]
) -> None:
  """Restores parts of a model, to train on from there.

  Args:
    model: with all its variables.
    checkpoint: path prefix, or a folder with the latest one.
    modules: as `parts.expand` takes them.

  Raises:
    ValueError: as `restore`, or there is no such part.
  """
  if tf.io.gfile.isdir(checkpoint):
    folder, checkpoint = checkpoint, tf.train.latest_checkpoint(checkpoint)
    if checkpoint is None:
      raise ValueError(f'no checkpoint in the folder {folder!r}')
  restore(model, checkpoint, parts.variables(model, modules))
  logging.info('Initialised %s from %s', parts.expand(modules), checkpoint)


def _matched(items, variables, reader, checkpoint: str) -> list[str]:
  """Compares all shapes; returns the keys of the variables."""
  shapes = reader.get_variable_to_shape_map()
  if _GRAPH not in shapes:
    raise ValueError(
      f'{checkpoint!r} is no checkpoint of this package; convert those of TF1 '
      'with copypaste_tf.import_checkpoint'
    )
  graph = TrackableObjectGraph()
  graph.ParseFromString(reader.get_tensor(_GRAPH))
  keys = _keys(items, graph)
  for variable in variables:
    expected = variable.shape.as_list()
    found = shapes.get(keys.get(id(variable)))
    if found != expected:
      raise ValueError(
        f'checkpoint {checkpoint!r} does not fit the model: {variable.name} '
        f'has the shape {expected}, in the checkpoint '
        f'{"it is missing" if found is None else found}; is the recipe that '
        'of the checkpoint? To start from another number of classes, set '
        "TaskConfig.init_checkpoint_modules = 'all_but_classifier'"
      )
  return [keys[id(variable)] for variable in variables]


def _keys(
  items: tf.train.Checkpoint, graph: TrackableObjectGraph
) -> dict[int, str]:
  """Walks both graphs at once; returns keys by the `id` of the variable.

  A key is no path: what can be reached on several ways is stored under one.
  """
  view, keys = tf.train.TrackableView(items), {}
  averages = {
    slot.original_variable_node_id: slot.slot_variable_node_id
    for owner in graph.nodes
    for slot in owner.slot_variables
    if slot.slot_name == AVERAGE_SLOT
  }
  waiting, seen = [(items, 0)], set()
  while waiting:
    item, node = waiting.pop()
    if id(item) in seen:
      continue
    seen.add(id(item))
    stored = graph.nodes[node]
    if isinstance(item, tf.Variable) and stored.attributes:
      held = graph.nodes[averages.get(node, node)]
      keys[id(item)] = held.attributes[0].checkpoint_key
    nodes = {child.local_name: child.node_id for child in stored.children}
    children = view.children(item).items()
    waiting += [(x, nodes[name]) for name, x in children if name in nodes]
  return keys
