"""Encodes the crop of a mask as COCO's RLE, without the full image."""

import numpy as np
from pycocotools import mask as coco_mask

from copypaste_tf.records.id_planes import Crop

Rle = dict[str, list[int] | str]


def encode(crop: Crop, size: tuple[int, int]) -> Rle:
  """Encodes a mask that is given by its crop.

  The time is proportional to the size of the crop. It is shortest if the crop's
  mask lies in memory column after column, as the encoding does.

  Args:
    crop: the pixels of the mask; the image outside of the crop is empty.
    size: height and width of the image, which contains the crop.

  Returns:
    COCO's compressed RLE: `size`, and `counts` as a string.
  """
  height, width = size
  edges = _edges(crop, height)
  counts = np.diff(edges, prepend=0, append=height * width)
  if counts.size > 1 and counts[-1] == 0:
    counts = counts[:-1]  # The mask holds the last pixel, so no zeros follow.
  runs = {'size': [height, width], 'counts': counts.tolist()}
  encoded = coco_mask.frPyObjects(runs, height, width)
  return {'size': [height, width], 'counts': encoded['counts'].decode()}


def _edges(crop: Crop, height: int) -> np.ndarray:
  """Returns where runs of ones start and stop in the column-major image."""
  rows, columns = crop.mask.shape
  # Zeros above and below each column close its runs.
  padded = np.zeros([columns, rows + 2], bool)
  padded[:, 1:-1] = crop.mask.T
  changes = np.flatnonzero(padded[:, 1:] != padded[:, :-1])
  column, row = np.divmod(changes, rows + 1)
  edges = (crop.left + column) * height + crop.top + row
  # A run to the bottom continues if the next column starts at the top.
  joined = edges[1:-1:2] == edges[2::2]
  keep = np.ones(len(edges), bool)
  keep[1:-1:2] = keep[2::2] = ~joined
  return edges[keep]
