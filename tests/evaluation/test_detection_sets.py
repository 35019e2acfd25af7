import numpy as np
import pytest

from copypaste_tf.evaluation import detection_sets, detections


def some(count, masks=True, first=0):
  """Detections of images 0, 1, ... whose boxes grow."""
  side = np.arange(first, first + count, dtype=np.float32)
  boxes = np.stack([side, side, 2 * side + 2, 2 * side + 3], -1)
  return detections.from_batch(
    source_ids=np.arange(first, first + count),
    original_sizes=np.tile([40, 50], [count, 1]),
    boxes=boxes[:, np.newaxis],
    scores=(side[:, np.newaxis] + 1) / 100,
    classes=np.ones([count, 1], int),
    masks=np.ones([count, 1, 4, 4], np.float32) if masks else None,
  )


@pytest.mark.parametrize('masks', [True, False])
@pytest.mark.parametrize('indices', [[], [4], [3, 0, 3, 1]])
def test_taken_detections_are_those_of_the_indices_in_their_order(
  indices, masks
):
  whole = some(5, masks)
  part = detection_sets.take(whole, np.array(indices, int))
  results = whole.to_results()
  assert part.to_results() == [results[i] for i in indices]
  again = detection_sets.concat([part, whole])
  assert again.to_results() == [*part.to_results(), *results]


def test_concat_of_no_batches_is_empty():
  assert len(detection_sets.concat([])) == 0
  assert detection_sets.concat([]).to_results() == []


def test_concat_refuses_batches_with_and_without_masks():
  with pytest.raises(ValueError, match='1 of 2 batches have masks'):
    detection_sets.concat([some(2), some(1, masks=False)])
