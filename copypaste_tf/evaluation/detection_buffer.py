"""Collects detections without ever holding them twice."""

from copypaste_tf.evaluation import detections
from copypaste_tf.evaluation.detections import Detections


class DetectionBuffer:
  """Arrays of detections that grow at their ends.

  Joining the arrays of many sets takes their memory twice, for a moment. Here
  the memory grows in place, by an eighth at a time. `len` returns the number of
  detections.
  """

  def __init__(self):
    """Starts without detections."""
    self._columns: dict[str, bytearray] = {}
    self._count = 0

  def __len__(self) -> int:
    return self._count

  def add(self, found: Detections) -> None:
    """Adds detections.

    Args:
      found: at least one; all of them have masks, or all have none.
    """
    start = len(self._columns.get('counts', ()))
    for name, value in vars(found).items():
      if value is not None:
        shifted = value + start if name == 'ends' else value
        column = self._columns.setdefault(name, bytearray())
        column += bytes(shifted)
    self._count += len(found)

  def detections(self) -> Detections:
    """Returns all detections; they share the memory of the buffer."""
    return detections.from_columns(self._columns)
