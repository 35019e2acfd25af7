"""A training example with a paste, for the pictures of reports."""

import numpy as np

from copypaste_tf import examples
from copypaste_tf.examples import Scenes, TrainScenes
from copypaste_tf.reporting import panels

SIZE = (40, 60)


def scene(masks, shade):
  """Returns a scene with one object per plane; object k has id `256k + 7`."""
  planes = np.stack([7 * mask.astype(np.uint8) for mask in masks])
  count = len(masks)
  return Scenes(
    image=np.full([*SIZE, 3], shade, np.uint8),
    planes=planes,
    size=np.array(SIZE),
    boxes=np.array([box_of(mask) for mask in masks], np.float32),
    classes=np.ones(count, np.int32),
    ids=256 * np.arange(count, dtype=np.int32) + 7,
    crowd=np.zeros(count, bool),
    source_id=np.int64(1),
    shrunk=np.bool_(False),
  )


def box_of(mask):
  rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
  return rows[0], columns[0], rows[-1] + 1, columns[-1] + 1


def rectangle(top, left, bottom, right):
  mask = np.zeros(SIZE, bool)
  mask[top:bottom, left:right] = True
  return mask


def example():
  """Returns an example: one object is pasted, covers one and touches one."""
  kept, gone = rectangle(30, 2, 38, 12), rectangle(4, 22, 8, 28)
  touched = rectangle(2, 40, 20, 56)
  pasted, idle = rectangle(2, 20, 12, 48), rectangle(24, 30, 36, 50)
  # Under alpha, an address of the target may be that of another object.
  behind = rectangle(4, 40, 11, 47)
  target = scene([kept, gone, touched], 60)
  source = scene([idle, pasted, behind], 200)
  alpha = pasted
  result = TrainScenes(
    image=np.where(alpha[..., None], source.image, target.image),
    planes=np.where(alpha, source.planes, target.planes),
    owners=np.where(alpha, examples.SOURCE, examples.TARGET),
    size=target.size,
    boxes=np.float32([box_of(kept), box_of(touched & ~alpha), box_of(pasted)]),
    classes=np.array([1, 1, 2]),
    weights=np.ones(3, np.float32),
    ids=np.array([7, 2 * 256 + 7, 256 + 7]),
    pasted=np.array([False, False, True]),
    touched=np.array([False, True, False]),
    areas=np.array([kept.sum(), (touched & ~alpha).sum(), alpha.sum()]),
    source_id=np.array([11, 22]),
    statistics={
      'images_with_paste': 1.0,
      'objects_available': 2.0,
      'objects_pasted': 1.0,
      'objects_not_pasted': 0.0,
      'objects_removed': 1.0,
      'boxes_shrunk': 1.0,
      'instances_clipped': 0.0,
      'images_shrunk': 0.0,
    },
  )
  return panels.Example(target, source, result)
