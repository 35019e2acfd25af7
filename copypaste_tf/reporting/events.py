"""Reads scalars and images from TensorBoard's event files."""

import collections
import os
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing import event_file_loader
from tensorboard.util import tensor_util

_IMAGE_HEADER = 2  # An image summary is width, height, then the pictures.


class Curve(NamedTuple):
  """A scalar by training step.

  Attributes:
    steps: `[n]` int64, ascending.
    values: `[n]` float64.
  """

  steps: np.ndarray
  values: np.ndarray


class Picture(NamedTuple):
  """An image summary.

  Attributes:
    step: training step.
    png: the encoded image.
  """

  step: int
  png: bytes


class Events(NamedTuple):
  """The scalars and images of a folder.

  Attributes:
    curves: scalars by tag.
    pictures: images by tag, in the order of their steps.
  """

  curves: dict[str, Curve]
  pictures: dict[str, list[Picture]]


def read(folder: str, *, latest_pictures: int = 3) -> Events:
  """Reads all event files of a folder.

  A resumed run repeats steps; the values of the later file win.

  Args:
    folder: folder with `*tfevents*` files. It may be empty or absent.
    latest_pictures: number of last pictures to keep of each tag, in addition to
      the first one. All pictures of a long run would not fit into memory.

  Returns:
    The events; of a truncated file, those before the cut.
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
          _add_picture(
            pictures[value.tag], event.step, value.tensor, latest_pictures
          )
  curves = {tag: _curve(points) for tag, points in scalars.items()}
  return Events(curves, {tag: _ordered(p) for tag, p in pictures.items()})


def _add_picture(
  pictures: dict[int, bytes], step: int, tensor, latest: int
) -> None:
  """Adds a picture and drops all but the first and the latest."""
  encoded = tensor_util.make_ndarray(tensor)[_IMAGE_HEADER:]
  if not len(encoded):
    return
  pictures[step] = bytes(encoded[0])
  for old in sorted(pictures)[1 : len(pictures) - latest]:
    del pictures[old]


def _curve(points: dict[int, float]) -> Curve:
  steps = np.array(sorted(points), np.int64)
  return Curve(steps, np.array([points[step] for step in steps.tolist()]))


def _ordered(pictures: dict[int, bytes]) -> list[Picture]:
  return [Picture(step, pictures[step]) for step in sorted(pictures)]
