"""Statistics of training batches, of all images and of each record set."""

import tensorflow as tf

from copypaste_tf.augment import traits
from copypaste_tf.examples import TrainScenes
from copypaste_tf.inputs import composing, record_sets
from copypaste_tf.inputs.data_config import TrainData

# Statistics of `TrainScenes`; their metrics are named `paste/...`.
PASTE = (
  'images_with_paste',
  'objects_available',
  'objects_pasted',
  'objects_not_pasted',
  'objects_removed',
  'boxes_shrunk',
  'instances_clipped',
  'images_shrunk',
)


def names(data: TrainData) -> list[str]:
  """Returns the keys of `values`.

  Those of a set are named `sets/NAME/...`; a single set has none. A composition
  may have statistics of its own, such as `mixup/...`.

  Args:
    data: config of the training inputs.
  """
  of_all = [*(f'paste/{name}' for name in PASTE), *_of_composition(data)]
  if not record_sets.are_told_apart(data):
    return of_all
  sets = zip(record_sets.names(data), record_sets.resolve(data), strict=True)
  return of_all + [
    f'sets/{set_name}/{name}'
    for set_name, record_set in sets
    if record_set.share
    for name in ('labels', 'images_without_labels', *PASTE)
  ]


def values(data: TrainData, scenes: TrainScenes) -> dict[str, tf.Tensor]:
  """Returns the statistics of a batch by name.

  Args:
    data: config of the training inputs.
    scenes: `b` training examples.

  Returns:
    `[b]` float32 each. A value of a set is 0 for images of the others, and
    divided by the share of the set: the mean over all images is then that over
    the images of the set.
  """
  of_all = {name: scenes.statistics[name] for name in PASTE}
  found = {f'paste/{name}': value for name, value in of_all.items()}
  found |= {name: scenes.statistics[name] for name in _of_composition(data)}
  if not record_sets.are_told_apart(data):
    return found
  labels = tf.math.count_nonzero(scenes.classes, axis=1, dtype=tf.float32)
  empty = tf.cast(labels == 0.0, tf.float32)
  of_all = {'labels': labels, 'images_without_labels': empty, **of_all}
  for number, record_set in enumerate(record_sets.resolve(data)):
    if record_set.share:
      of_set = tf.cast(scenes.sets[:, 0] == number, tf.float32)
      of_set /= record_set.share
      prefix = f'sets/{record_sets.names(data)[number]}'
      found |= {f'{prefix}/{name}': x * of_set for name, x in of_all.items()}
  return found


def _of_composition(data) -> tuple[str, ...]:
  return traits.statistics(composing.named(data))
