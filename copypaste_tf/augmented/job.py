"""Says which augmented examples are made, and where they go."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

from copypaste_tf.inputs import batch_layout
from copypaste_tf.inputs.data_config import TrainData

BATCH = 8
"""Batch size of every export, since images are paired within a batch."""

PART_BATCHES = 64
"""Batches of a part, which is made again as a whole after an interruption."""


@dataclasses.dataclass(frozen=True)
class Job:
  """The examples of a recipe that are to be written.

  Attributes:
    folder: folder of the data set.
    data: config of the training inputs.
    output_size: height and width of the examples in pixels.
    count: number of examples.
    image_format: `jpeg` or `png`.
    names: class names by category id.
    details: what the records' manifests state of categories, by id as text.
    part_batches: batches of a part.
  """

  folder: str
  data: TrainData
  output_size: tuple[int, int]
  count: int
  image_format: str
  names: Mapping[int, str]
  details: Mapping[str, Mapping[str, Any]] = dataclasses.field(
    default_factory=dict
  )
  part_batches: int = PART_BATCHES

  @property
  def inputs(self) -> TrainData:
    """Config of the pipeline: full precision, in an order that is repeatable.

    The batch is the same for all batch sizes of a recipe, since images are
    paired within it.
    """
    data = self.data.replace(
      augment_on='host', deterministic=True, data_service='', dtype='float32'
    )
    largest = max(BATCH, data.global_batch_size)
    data = data.replace(global_batch_size=largest)
    return batch_layout.with_batch_size(data, BATCH)

  @property
  def part_size(self) -> int:
    """Number of examples in a part; the last part may have fewer."""
    return self.part_batches * self.inputs.global_batch_size

  @property
  def parts(self) -> int:
    """Number of parts."""
    return -(-self.count // self.part_size)

  def numbers(self, part: int) -> range:
    """Returns the numbers of the examples of a part, from 1."""
    first = part * self.part_size
    return range(first + 1, min(first + self.part_size, self.count) + 1)

  def path(self, *names: str) -> str:
    """Returns a path in the folder."""
    return os.path.join(self.folder, *names)
