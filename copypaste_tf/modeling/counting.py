"""Counts parameters and multiply-adds of the parts of a model."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import tensorflow as tf
import tf_keras

from copypaste_tf.modeling.mask_rcnn import MaskRCNN


class Count(NamedTuple):
  """Costs of one part of a model.

  Attributes:
    parameters: number of trainable parameters.
    multiply_adds: multiply-adds of the convolutions and matrix products, for
      one image at inference.
  """

  parameters: int
  multiply_adds: int


def count(
  model: MaskRCNN,
  image_size: Sequence[int],
  *,
  num_proposals: int,
  num_detections: int,
) -> dict[str, Count]:
  """Counts the costs of each part of a model; traces its graphs only.

  Args:
    model: a model with all its variables.
    image_size: height and width of the input in pixels.
    num_proposals: number of regions that each box head classifies.
    num_detections: number of regions that the mask head gets.

  Returns:
    `{part: Count}` of `backbone`, `pyramid`, `rpn`, `box heads` and, if the
    model has one, `mask head`.
  """
  image = tf.TensorSpec([1, *image_size, 3])
  features, backbone = _trace(model.backbone, image)
  pyramid, decoder = _trace(model.decoder, features)
  _, rpn = _trace(model.rpn_head, pyramid)
  heads, mask_head = model.regions.box_heads, model.regions.mask_head
  boxes = tf.TensorSpec([1, num_proposals, 4])
  stages = [
    _trace(_inference(model.regions.run_box_head, stage), pyramid, boxes)[1]
    for stage in range(len(heads))
  ]
  counts = {
    'backbone': Count(_parameters(model.backbone), backbone),
    'pyramid': Count(_parameters(model.decoder), decoder),
    'rpn': Count(_parameters(model.rpn_head), rpn),
    'box heads': Count(sum(map(_parameters, heads)), sum(stages)),
  }
  if mask_head is not None:
    boxes = tf.TensorSpec([1, num_detections, 4])
    classes = tf.TensorSpec([1, num_detections], tf.int32)
    predict = _inference(model.regions.predict_mask_logits)
    _, masks = _trace(predict, pyramid, boxes, classes)
    counts['mask head'] = Count(_parameters(mask_head), masks)
  return counts


def count_chain(
  layers: Mapping[str, tf_keras.layers.Layer], image_size: Sequence[int]
) -> dict[str, Count]:
  """Counts the costs of layers that run one after another.

  Args:
    layers: layers with all their variables, by the name of the part; each takes
      what the layer before it returns, the first one an image.
    image_size: height and width of the input in pixels.

  Returns:
    Counts by the same names.
  """
  counts, data = {}, tf.TensorSpec([1, *image_size, 3])
  for name, layer in layers.items():
    data, multiply_adds = _trace(_inference(layer), data)
    counts[name] = Count(_parameters(layer), multiply_adds)
  return counts


def table(counts: Mapping[str, Count]) -> str:
  """Formats counts as text, one part per line, with their sum."""
  total = Count(*map(sum, zip(*counts.values(), strict=True)))
  lines = [f'{"part":12}{"parameters":>15}{"G multiply-adds":>18}']
  for part, (parameters, multiply_adds) in (counts | {'total': total}).items():
    lines.append(f'{part:12}{parameters:15,}{multiply_adds / 1e9:18.2f}')
  return '\n'.join(lines)


def parameter_table(model: tf_keras.Model) -> str:
  """Formats the number of trainable parameters of each layer as text.

  Args:
    model: a model with all its variables.
  """
  rows = {layer.name: _parameters(layer) for layer in model.layers}
  rows['total'] = sum(rows.values())
  width = max(map(len, rows))
  lines = [f'{name:{width}}{count:15,}' for name, count in rows.items()]
  return '\n'.join([f'{"part":{width}}{"parameters":>15}', *lines])


def _inference(function: Callable, *arguments) -> Callable:
  """Binds the arguments that are not tensors."""
  return lambda *tensors: function(*tensors, *arguments, training=False)


def _trace(function: Callable, *specs):
  """Returns the specs of a function's outputs and its multiply-adds."""
  traced = tf.function(function, autograph=False).get_concrete_function(*specs)
  outputs = tf.nest.map_structure(
    lambda x: tf.TensorSpec(x.shape, x.dtype), traced.structured_outputs
  )
  return outputs, sum(map(_multiply_adds, traced.graph.get_operations()))


def _multiply_adds(op: tf.Operation) -> int:
  """Returns the multiply-adds of one operation of a graph."""
  if op.type == 'Conv2D':
    *kernel, _ = op.inputs[1].shape
    return math.prod(op.outputs[0].shape) * math.prod(kernel)
  if op.type == 'DepthwiseConv2dNative':
    height, width, *_ = op.inputs[1].shape
    return math.prod(op.outputs[0].shape) * height * width
  if op.type == 'Conv2DBackpropInput':
    *kernel, _ = op.inputs[1].shape
    return math.prod(op.inputs[2].shape) * math.prod(kernel)
  if op.type in ('MatMul', 'BatchMatMulV2'):
    return math.prod(op.outputs[0].shape) * op.inputs[0].shape[-1]
  return 0


def _parameters(layer: tf_keras.layers.Layer) -> int:
  return sum(math.prod(v.shape) for v in layer.trainable_variables)
