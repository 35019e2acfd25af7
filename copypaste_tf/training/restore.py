"""Weights of a checkpoint into a model, or the first variable at fault."""

import tensorflow as tf
import tf_keras
from tensorflow.core.protobuf.trackable_object_graph_pb2 import (
  TrackableObjectGraph,
)

_GRAPH = '_CHECKPOINTABLE_OBJECT_GRAPH'
# What TensorFlow raises for a damaged file depends on where the damage is.
_UNREADABLE = (tf.errors.OpError, IndexError, RuntimeError)


def restore(model: tf_keras.Model, checkpoint: str) -> None:
  """Restores every variable of a model.

  The checkpoint may hold more, such as the optimizer of a training run.

  Args:
    model: with all its variables.
    checkpoint: path prefix, such as `model_dir/ckpt-1000`.

  Raises:
    ValueError: there is no such checkpoint, it is damaged, or it is of another
      model; the message names the first variable that does not fit.
  """
  items = tf.train.Checkpoint(model=model)
  current = 'its index'
  try:
    reader = tf.train.load_checkpoint(checkpoint)
    current = 'its objects'
    # Every value is read once before the first variable is assigned.
    for name, key in _matched(items, reader, checkpoint):
      current = name
      reader.get_tensor(key)
    status = items.read(checkpoint).expect_partial()
    status.assert_existing_objects_matched()
  except _UNREADABLE as error:
    raise ValueError(
      f'checkpoint {checkpoint!r} cannot be read, at {current}: {error}'
    ) from error


def _matched(items, reader, checkpoint: str) -> list[tuple[str, str]]:
  """Compares all shapes; returns names of variables and their keys."""
  shapes = reader.get_variable_to_shape_map()
  if _GRAPH not in shapes:
    raise ValueError(
      f'{checkpoint!r} is no checkpoint of this package; convert those of TF1 '
      'with copypaste_tf.import_checkpoint'
    )
  graph = TrackableObjectGraph()
  graph.ParseFromString(reader.get_tensor(_GRAPH))
  keys = _keys(items, graph)
  matched = [(v, keys.get(id(v))) for v in items.model.variables]
  for variable, key in matched:
    expected, found = variable.shape.as_list(), shapes.get(key)
    if found != expected:
      raise ValueError(
        f'checkpoint {checkpoint!r} does not fit the model: {variable.name} '
        f'has the shape {expected}, in the checkpoint '
        f'{"it is missing" if found is None else found}; is the recipe that '
        'of the checkpoint?'
      )
  return [(variable.name, key) for variable, key in matched]


def _keys(
  items: tf.train.Checkpoint, graph: TrackableObjectGraph
) -> dict[int, str]:
  """Walks both graphs at once; returns keys by the `id` of the variable.

  A key is no path: what can be reached on several ways is stored under one.
  """
  view, keys = tf.train.TrackableView(items), {}
  waiting, seen = [(items, 0)], set()
  while waiting:
    item, node = waiting.pop()
    if id(item) in seen:
      continue
    seen.add(id(item))
    stored = graph.nodes[node]
    if isinstance(item, tf.Variable) and stored.attributes:
      keys[id(item)] = stored.attributes[0].checkpoint_key
    nodes = {child.local_name: child.node_id for child in stored.children}
    children = view.children(item).items()
    waiting += [(x, nodes[name]) for name, x in children if name in nodes]
  return keys
