"""Takes the labels of the cells from the class maps of a batch."""

import tensorflow as tf

from copypaste_tf.examples import TrainScenes
from copypaste_tf.inputs import decode_class_map
from copypaste_tf.modeling.segmentation_head import LEVEL

STRIDE = 2**LEVEL


def labels(scenes: TrainScenes) -> dict[str, tf.Tensor]:
  """Returns the class of each cell: that of the pixel nearest to its centre.

  Cells and pixels have their centres at half coordinates, so the centre of a
  cell of four pixels lies between the second and the third; the third is taken,
  as Model Garden's loss does. Ids are never averaged.

  Args:
    scenes: `b` examples whose only plane is a class map.

  Returns:
    `classes`: `[b, h / 4, w / 4]` int32; `examples.VOID` has no label.
  """
  cells = scenes.planes[:, 0, STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE]
  class_map = decode_class_map.class_map(cells)
  return {'classes': tf.cast(class_map, tf.int32)}
