"""Weights of a checkpoint into a model, or the first variable at fault."""

from collections.abc import Iterator

import tensorflow as tf
import tf_keras
from tensorflow.core.protobuf.trackable_object_graph_pb2 import (
  TrackableObjectGraph,
)

_GRAPH = '_CHECKPOINTABLE_OBJECT_GRAPH'


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
  try:
    _check(items, checkpoint)
    status = items.read(checkpoint).expect_partial()
    status.assert_existing_objects_matched()
  except tf.errors.OpError as error:
    raise ValueError(
      f'checkpoint {checkpoint!r} cannot be read: {error.message}'
    ) from error


def _check(items: tf.train.Checkpoint, checkpoint: str) -> None:
  """Compares all shapes before the first variable is assigned."""
  reader = tf.train.load_checkpoint(checkpoint)
  shapes = reader.get_variable_to_shape_map()
  if _GRAPH not in shapes:
    raise ValueError(
      f'{checkpoint!r} is no checkpoint of this package; convert those of TF1 '
      'with copypaste_tf.import_checkpoint'
    )
  graph = TrackableObjectGraph()
  graph.ParseFromString(reader.get_tensor(_GRAPH))
  for variable, key in _keys(items, graph):
    expected, found = variable.shape.as_list(), shapes.get(key)
    if found != expected:
      raise ValueError(
        f'checkpoint {checkpoint!r} does not fit the model: {variable.name} '
        f'has the shape {expected}, in the checkpoint '
        f'{"it is missing" if found is None else found}; is the recipe that '
        'of the checkpoint?'
      )


def _keys(
  items: tf.train.Checkpoint,
  graph: TrackableObjectGraph,
) -> Iterator[tuple[tf.Variable, str | None]]:
  """Walks both graphs at once; yields the key of every variable, or None.

  A key is no path: what several parts share is stored under one of them.
  """
  view, seen = tf.train.TrackableView(items), set()
  empty = TrackableObjectGraph.TrackableObject()
  waiting = [(items, 0)]
  while waiting:
    item, node = waiting.pop()
    if id(item) in seen:
      continue
    seen.add(id(item))
    stored = empty if node is None else graph.nodes[node]
    if isinstance(item, tf.Variable):
      yield item, next((a.checkpoint_key for a in stored.attributes), None)
    nodes = {child.local_name: child.node_id for child in stored.children}
    waiting += [(x, nodes.get(name)) for name, x in view.children(item).items()]
