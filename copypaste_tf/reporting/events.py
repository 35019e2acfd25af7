"""Scalars and images out of TensorBoard's event files."""

import collections
import os
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing import event_file_loader
from tensorboard.util import tensor_util

_IMAGE_HEADER = 2  # An image summary is width, height, then the pictures.


class Curve(NamedTuple):
  """A scalar over the training.

  Attributes:
    steps: `[n]` int64, rising.
    values: `[n]` float64.
  """

  steps: np.ndarray
  values: np.ndarray


class Picture(NamedTuple):
  """An image summary.

  Attributes:
    step: of the training.
    png: the encoded image.
  """

  step: int
  png: bytes


class Events(NamedTuple):
  """What a folder's event files hold.

  Attributes:
    curves: `{tag: Curve}`.
    pictures: `{tag: pictures}`, by rising step.
  """

  curves: dict[str, Curve]
  pictures: dict[str, list[Picture]]


def read(folder: str, *, latest_pictures: int = 3) -> Events:
  """Reads all event files of a folder.

  A run that was resumed repeats steps; the later file counts.

  Args:
    folder: with `*tfevents*` files; none, or no folder, is no error.
    latest_pictures: pictures kept of each tag beside the first one, since
      those of a long run would not fit into memory.

  Returns:
    The events; a file cut off in the middle gives what comes before the cut.
  """
  scalars = collections.defaultdict(dict)
  pictures = collections.defaultdict(dict)
  for path in sorted(tf.io.gfile.glob(os.path.join(folder, '*tfevents*'))):
    for event in event_file_loader.EventFileLoader(path).Load():
      for value in event.summary.value:
        if not value.HasField('tensor'):
          continue
        plugin = value.metadata.plugin_data.plugin_name
        if plugin == 'scalars':
          number = tensor_util.make_ndarray(value.tensor)
          scalars[value.tag][event.step] = float(number)
        elif plugin == 'images':
          _keep(pictures[value.tag], event.step, value.tensor, latest_pictures)
  curves = {tag: _curve(points) for tag, points in scalars.items()}
  return Events(curves, {tag: _ordered(p) for tag, p in pictures.items()})


def _keep(kept: dict[int, bytes], step: int, tensor, latest: int) -> None:
  encoded = tensor_util.make_ndarray(tensor)[_IMAGE_HEADER:]
  if not len(encoded):
    return
  kept[step] = bytes(encoded[0])
  middle = sorted(kept)[1 : len(kept) - latest]
  for old in middle:
    del kept[old]


def _curve(points: dict[int, float]) -> Curve:
  steps = np.array(sorted(points), np.int64)
  return Curve(steps, np.array([points[step] for step in steps.tolist()]))


def _ordered(kept: dict[int, bytes]) -> list[Picture]:
  return [Picture(step, kept[step]) for step in sorted(kept)]
