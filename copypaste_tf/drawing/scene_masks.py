"""Lists the masks of a scene for drawing."""

from collections.abc import Iterable

import numpy as np

from copypaste_tf import examples
from copypaste_tf.examples import Scenes, TrainScenes


def masks_of(
  scene: Scenes | TrainScenes, indices: Iterable[int]
) -> list[np.ndarray] | None:
  """Returns the masks of instances of an unbatched scene.

  Args:
    scene: one scene of NumPy arrays.
    indices: numbers of the instances.

  Returns:
    `[h, w]` bool each; None for boxes alone, which have no planes.
  """
  if not scene.planes.shape[0]:
    return None
  return [examples.mask_of(scene, index) for index in indices]
