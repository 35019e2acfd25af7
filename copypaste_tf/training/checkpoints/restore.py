"""Restores the weights of a checkpoint into a model."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf
import tf_keras
from tensorflow.core.protobuf.trackable_object_graph_pb2 import (
  TrackableObjectGraph,
)

from copypaste_tf.training.checkpoints import last_good

# Name of the optimizer slot that holds the moving average of a variable.
AVERAGE_SLOT = 'average'
_GRAPH = '_CHECKPOINTABLE_OBJECT_GRAPH'


def restore(
  model: tf_keras.Model,
  checkpoint: str,
  variables: Sequence[tf.Variable] | None = None,
) -> None:
  """Restores the variables of a model.

  If the checkpoint holds moving averages of the weights, the averages are
  restored. Other contents, such as the state of the optimizer, are ignored.

  Args:
    model: a model with all its variables.
    checkpoint: path prefix of the checkpoint, such as `model_dir/ckpt-1000`.
    variables: the variables of the model to restore; None for all.

  Raises:
    ValueError: there is no such checkpoint, it is damaged, or it is of another
      model. The message names the first variable that does not fit, and no
      variable is assigned.
  """
  variables = model.variables if variables is None else variables
  current, values = 'its index', []
  try:
    reader = tf.train.load_checkpoint(checkpoint)
    current = 'its objects'
    keys = checked_keys(model, variables, reader, checkpoint)
    for variable, key in zip(variables, keys, strict=True):
      current = variable.name
      values.append(reader.get_tensor(key))
  except last_good.UNREADABLE as error:
    raise unreadable(checkpoint, current, error) from error
  for variable, value in zip(variables, values, strict=True):
    variable.assign(value)


def unreadable(checkpoint: str, place: str, error: Exception) -> ValueError:
  """Returns the error for a checkpoint that cannot be read.

  Args:
    checkpoint: path prefix of the checkpoint.
    place: the part that cannot be read, such as a variable.
    error: TensorFlow's error.
  """
  return ValueError(
    f'checkpoint {checkpoint!r} cannot be read, at {place}: {error}'
  )


def checked_keys(
  model: tf_keras.Model,
  variables: Sequence[tf.Variable],
  reader: Any,
  checkpoint: str,
) -> list[str]:
  """Returns the keys of variables in a checkpoint; compares the shapes.

  Args:
    model: a model with all its variables.
    variables: variables of the model.
    reader: result of `tf.train.load_checkpoint`.
    checkpoint: path prefix of the checkpoint.

  Raises:
    ValueError: a variable does not fit; the message names it.
  """
  items = tf.train.Checkpoint(
    model=model, **getattr(model, 'checkpoint_items', {})
  )
  shapes = reader.get_variable_to_shape_map()
  if _GRAPH not in shapes:
    raise ValueError(
      f'{checkpoint!r} is not a checkpoint of this package; convert a TF1 '
      'checkpoint with copypaste_tf.import_checkpoint'
    )
  graph = TrackableObjectGraph()
  graph.ParseFromString(reader.get_tensor(_GRAPH))
  keys = _keys(items, graph)
  for variable in variables:
    expected = variable.shape.as_list()
    stored = shapes.get(keys.get(id(variable)))
    if stored != expected:
      raise ValueError(
        f'checkpoint {checkpoint!r} does not fit the model: {variable.name} '
        f'has the shape {expected}, in the checkpoint '
        f'{"it is missing" if stored is None else stored}; use the recipe of '
        'the checkpoint. To start from another number of classes, set '
        "TaskConfig.init_checkpoint_modules = 'all_but_classifier'"
      )
  return [keys[id(variable)] for variable in variables]


def _keys(
  items: tf.train.Checkpoint, graph: TrackableObjectGraph
) -> dict[int, str]:
  """Finds the checkpoint key of each variable.

  The function walks the objects of the model and of the checkpoint together,
  because a variable with several paths is stored under only one of them.

  Returns:
    `{id of the variable: key}`; the key of the moving average if there is one.
  """
  view, keys = tf.train.TrackableView(items), {}
  averages = {
    slot.original_variable_node_id: slot.slot_variable_node_id
    for owner in graph.nodes
    for slot in owner.slot_variables
    if slot.slot_name == AVERAGE_SLOT
  }
  pending, seen = [(items, 0)], set()
  while pending:
    item, node_id = pending.pop()
    if id(item) in seen:
      continue
    seen.add(id(item))
    node = graph.nodes[node_id]
    if isinstance(item, tf.Variable) and node.attributes:
      value = graph.nodes[averages.get(node_id, node_id)]
      keys[id(item)] = value.attributes[0].checkpoint_key
    ids = {child.local_name: child.node_id for child in node.children}
    children = view.children(item).items()
    pending += [(x, ids[name]) for name, x in children if name in ids]
  return keys
