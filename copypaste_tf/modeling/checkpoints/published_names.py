"""Maps names in a published checkpoint to the variables of a model.

Each layer has its published name. Keras may number the names of its variables;
without these numbers they are the published names.
"""

import tensorflow as tf
import tf_keras


def published_names(module: tf.Module) -> dict[str, tf.Variable]:
  """Finds the published names of all variables of a model or of a part of it.

  Args:
    module: a model or a layer that has all its variables.

  Returns:
    `{published name: variable}`, in no particular order. Names are such as
    `resnet50/conv2d_1/kernel`.

  Raises:
    ValueError: two variables have the same name.
  """
  variables = {}
  for layer in module.submodules:
    if not isinstance(layer, tf_keras.layers.Layer) or _has_layers(layer):
      continue
    for variable in layer.weights:
      name = f'{layer.name}/{variable.name.rpartition("/")[2].split(":")[0]}'
      if name in variables:
        raise ValueError(f'two variables of the model are named {name}.')
      variables[name] = variable
  return variables


def _has_layers(layer: tf_keras.layers.Layer) -> bool:
  return any(isinstance(x, tf_keras.layers.Layer) for x in layer.submodules)
