"""Reads and writes the class map of a record, or makes one from its objects.

A class map is a `[h, w]` uint8 image of category ids: 0 is the background,
`examples.VOID` has no label.
"""

import numpy as np

from copypaste_tf.examples import VOID, Features, address
from copypaste_tf.records import png
from copypaste_tf.records.features import FeatureError, fail, values
from copypaste_tf.records.features import Features as FeatureMap

LARGEST_CLASS = VOID - 1
"""Largest category id that a class map can hold."""


def read(features: FeatureMap, shape: tuple[int, int]) -> np.ndarray | None:
  """Reads the class map of a record; None where it has none.

  Args:
    features: feature map of `features.load`.
    shape: height and width of the image in pixels.

  Returns:
    `[h, w]` uint8, or None.

  Raises:
    FeatureError: it is not a grey PNG of the size of the image.
  """
  stored = values(features, Features.CLASS_MAP, 'bytes_list')
  if not stored:
    return None
  try:
    pixels = png.decode(stored[0])
  except ValueError as error:
    raise FeatureError(Features.CLASS_MAP, str(error)) from error
  if pixels.shape != (*shape, 1):
    fail(
      Features.CLASS_MAP,
      f'a grey PNG of the image size {shape}, got {pixels.shape[:2]} with '
      f'{pixels.shape[2]} channels',
    )
  return pixels[:, :, 0]


def write(features: FeatureMap, class_map: np.ndarray | None) -> None:
  """Adds a class map to the features of a record; None adds nothing.

  Args:
    features: feature map of an example.
    class_map: `[h, w]` uint8.
  """
  if class_map is not None:
    values_of = {Features.CLASS_MAP: png.encode(class_map)}
    values_of[Features.CLASS_MAP_FORMAT] = b'png'
    for key, value in values_of.items():
      features[key].bytes_list.value.append(value)


def of_objects(
  planes: np.ndarray, ids: np.ndarray, classes: np.ndarray, crowd: np.ndarray
) -> np.ndarray:
  """Makes a class map from objects, later ones over earlier ones.

  A crowd is void, except where another object lies.

  Args:
    planes: `[l, h, w]` uint8 id planes.
    ids: `[n]` integer addresses in them; 0 is "no pixel".
    classes: `[n]` integer category ids, from 1 to `LARGEST_CLASS`.
    crowd: `[n]` bool.

  Returns:
    `[h, w]` uint8.

  Raises:
    ValueError: a category id does not fit into a class map.
  """
  if len(classes) and max(classes) > LARGEST_CLASS:
    raise ValueError(
      f'a class map holds category ids up to {LARGEST_CLASS}, got '
      f'{max(classes)}'
    )
  # Ranks decide which object is on top: crowds first, then in their order.
  order = np.argsort(~np.asarray(crowd, bool), kind='stable')
  ranks = np.zeros([max(len(planes), 1), VOID + 1], np.int32)
  for rank, i in enumerate(order, 1):
    if ids[i] > 0:
      ranks[address(int(ids[i]))] = rank
  top = np.zeros(planes.shape[1:], np.int32)
  for table, plane in zip(ranks, planes, strict=False):
    top = np.maximum(top, table[plane])
  labels = np.where(crowd, VOID, classes)[order]
  return np.concatenate([[0], labels]).astype(np.uint8)[top]
