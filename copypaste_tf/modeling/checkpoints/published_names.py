"""Which variable of a model is which of the published checkpoint.

Every layer of this package has the name that it has there, and so its
variables' names follow; only Keras's numbering of repeated names is cut off.
"""

import tensorflow as tf
import tf_keras


def published_names(module: tf.Module) -> dict[str, tf.Variable]:
  """Returns `{published name: variable}` of all variables of a model or part.

  Args:
    module: with all its variables.

  Returns:
    Names such as `resnet50/conv2d_1/kernel`, in no order.

  Raises:
    ValueError: two variables have the same name.
  """
  found = {}
  for layer in module.submodules:
    if not isinstance(layer, tf_keras.layers.Layer) or _has_layers(layer):
      continue
    for variable in layer.weights:
      name = f'{layer.name}/{variable.name.rpartition("/")[2].split(":")[0]}'
      if name in found:
        raise ValueError(f'two variables of the model are named {name}.')
      found[name] = variable
  return found


def _has_layers(layer: tf_keras.layers.Layer) -> bool:
  return any(isinstance(x, tf_keras.layers.Layer) for x in layer.submodules)
